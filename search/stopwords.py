"""Words that carry no subject, by language, folded as `analysis.fold` folds. Negations stay searchable."""

_LISTS = {
    "en": """a about am an and any are as at be been being but by can could did do does doing for from had has have
        having hello help hey hi how i id if im in into is it its ive just kindly me my of on or our please pls
        should so some sir dear team thank thanks that the their them then there these they this those to us very was
        we were what when where which who why will with would you your""",
    "fr": """a ai ai-je au aux avec bonjour ce ces cet cette ceci comment dans de des du elle en est et etes etre il ils
        j je jai l la le les leur lui ma merci mes mon n nous on ou par peut peux pour pourquoi puis puis-je qu que
        quel quelle quels quelles qui s sa se ses si sont sur ta tes toi ton tu un une vos votre vous y""",
    "es": """a al como con cual cuando de del donde el ella ellos en es esta este esto estos favor gracias ha he hola la
        las le les lo los me mi mis muy o para pero por porque puede puedo que quien se si son su sus te tu un una
        unas unos y ya yo""",
    "pt": """a ao aos as com como da das de do dos e ela ele eles em entre era essa esse esta este eu foi ha isso isto
        ja lhe mais mas me meu minha na nas no nos num numa o obrigado ola os ou para pela pelas pelo pelos por porque
        posso qual quais quando que quem se sem ser seu seus sua suas sao tem um uma voce""",
    "it": """a ai al alla alle anche che chi ci ciao come con cosa da dal dalla dei del della delle di dove e gli grazie
        ha ho i il in io l la le lo ma mi mia mio nel nella o per perche posso quale quando questa questo se si sono su
        sul sulla tra un una uno""",
    "id": """ada adalah agar akan anda apa apakah atas atau bagaimana bagi bisa dalam dan dapat dari dengan di halo ia ini
        itu juga kami kamu kapan karena ke kenapa kepada kita lagi maka mana mengapa mereka mohon oleh pada para saat
        saja saya sebagai sedang seperti siapa sudah terima kasih tolong untuk yang""",
}

STOP_WORDS: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _LISTS.items()}
