"""What we owe: rows written beside the ticket, claimed, carried out with no open transaction, and settled."""
