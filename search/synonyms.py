"""Words that mean the same to people who ask for help, in general language. A product's own words belong in its articles.

Folded as `analysis.fold` folds, by language. `FORMS` are one word in irregular forms; `SYNONYMS` different words."""

_FORMS = {
    "en": """send sent|lose lost|get got|see saw seen|go went gone|choose chose chosen|break broke broken|write wrote
        written|find found|forget forgot forgotten|take took taken|give gave given|keep kept|leave left|make made|
        show showed shown|fill filled|hide hid hidden|freeze froze frozen|cannot cant couldnt|will wont|begin began begun|
        stick stuck|draw drew drawn|buy bought|tell told|say said|know knew known|run ran|hold held|read reads|
        mean meant|feel felt|sync synchronise synchronize|login logon|analyse analyze|person people|child children|
        colour color|organisation organization|program programme|centre center|licence license|visualisation
        visualization""",
}
_SYNONYMS = {
    "en": """delete remove erase|photo picture image foto pic|phone mobile smartphone cellphone|computer pc laptop desktop|
        email mail|folder directory|error problem issue|fail fails failed failure|internet online connection|
        quick fast|hide hidden|broken crash crashes|edit change modify|big large|wrong incorrect|missing gone disappeared|
        password passcode pwd|allow permit|permission permissions access rights|stop halt|copy duplicate|merge combine join|
        graph chart diagram|signup register|start begin|finish complete|map maps|excel spreadsheet xlsx|
        someone somebody|staff colleague colleagues|administrator admin|username user|upload uploading|show display""",
}


def _grouped(lists: dict[str, str]) -> dict[str, dict[str, tuple[str, ...]]]:
    return {language: _others(groups) for language, groups in lists.items()}


def _others(groups: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for group in groups.split("|"):
        words = group.split()
        for word in words:
            found[word] = (*found.get(word, ()), *(other for other in words if other != word))
    return found


FORMS = _grouped(_FORMS)
SYNONYMS = _grouped(_SYNONYMS)
