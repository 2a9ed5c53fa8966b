"""People at the desk: accounts, sign-ins, second factors, tokens, and what is on record of them."""
