"""Who writes these words and no others has not said yet what is wrong. Lower case, without accents and apostrophes."""

ENGLISH = """
a able advise afternoon again all also am an and any anything app application are asap assist assistance at be been bit broke
broken bug bugs but can cannot cant correctly crash crashed crashes crashing dashboard day dear did didnt do does doesnt doing
dont down error errors evening ever everything facing fail failed failing fails failure fault fix flow for from get getting go
good got guys had happen happened happening happens has hasnt have havent hello help helped helping hey hi how i im in is isnt
issue issues it its ive just kindly know load loading loads lumen madam mam me morning my need needed no not nothing now of ok
on open opening our out page phone platform please plis pls plz problem problems program properly put really respond
responding rsr screen seems since sir site so software solve some something still stop stopped stops stuck support system team
thank thanks that the there they thing things this to today tool trouble try trying u unable urgent urgently us use using very
was we website well what whats when why with wont work worked working works would wrong yes yesterday you your
"""
FRENCH = """
aide aider aidez aidezmoi appareil appli application au aucun aucune aux avec avez besoin beugue bien blocage bloque bloquee
bonjour bonsoir bug bugge ca ce cela cest cette chose comment constate cordialement correctement dans de depuis des du elle en
encore erreur erreurs est et faire fait faut fonctionne fonctionnent fonctionner il ils jai jarrive je la laide lappli
lapplication le les ma madame maider mais marche marchent marcher merci mes moi mon monsieur narrive ne notre nous ny on ouvre
panne pas peut plait plante plus pourquoi pouvez probleme problemes quand que quelque quoi rien salut secours sil solution
souci soucis souvre suis sur svp telephone toujours tout toutes tres un une urgence urgent votre vous y
"""
SPANISH = """
abre aplicacion aplicaciones app auxilio ayuda ayudar ayudarme ayudeme ayuden ayudenme bien buen buenas buenos como con
correctamente cosa cosas cual cuando da del desde dia dias el ella en error errores es esta estaba estan este esto falla
fallando fallas fallo favor funciona funcionan funcionando funcionar gracias ha hace hay hola la las lo los mal me mi mis
mucho muy nada necesito no noches nos nuestra nuestro otra para pero podria por porque problema problemas puede pueden puedo
que quiero roto saludo saludos se senor senora ser sigue sirve socorro solucion su tarde tardes telefono tengo tiene todavia
todo un una urgente ustedes ya yo
"""
VAGUE = frozenset(f"{ENGLISH}{FRENCH}{SPANISH}".split())
