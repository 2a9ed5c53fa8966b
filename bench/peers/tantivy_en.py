"""Tantivy: title and text stemmed, any word counts, the last word as a prefix, titles twice."""

from collections.abc import Sequence
from pathlib import Path

import tantivy

from bench.peers import SECTIONS, Search, distinct, split
from search import Section


def build(sections: Sequence[Section], folder: Path) -> None:
    index = tantivy.Index(_schema(), str(folder))
    writer = index.writer(50_000_000, 1)
    for section in sections:
        title, text = f"{section.title} {section.heading} {' '.join(section.keywords)}", section.text
        article = tantivy.Document(article=section.article, title=title, text=text, title_words=title, text_words=text)
        writer.add_document(article)
    writer.commit()
    writer.wait_merging_threads()


def opened(folder: Path) -> Search:
    schema = _schema()
    index = tantivy.Index.open(str(folder))
    searcher = index.searcher()
    stemmer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase())
    stem = stemmer.filter(tantivy.Filter.stemmer("english")).build().analyze
    fields = (("title", "title_words", 2.0), ("text", "text_words", 1.0))

    def search(text: str, limit: int) -> list[str]:
        words, growing = split(text)
        asked = []
        for stemmed, plain, boost in fields:
            made = [tantivy.Query.term_query(schema, stemmed, one, "freq") for word in words for one in stem(word)]
            if growing:
                made.append(tantivy.Query.fuzzy_term_query(schema, plain, growing, distance=0, prefix=True))
            asked += [(tantivy.Occur.Should, tantivy.Query.boost_query(one, boost)) for one in made]
        if not asked:
            return []
        hits = searcher.search(tantivy.Query.boolean_query(asked), SECTIONS).hits
        return distinct((searcher.doc(address)["article"][0] for _, address in hits), limit)

    return search


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("article", stored=True, tokenizer_name="raw")
    for name, tokenizer in (("title", "en_stem"), ("text", "en_stem"), ("title_words", "default"), ("text_words", "default")):
        builder.add_text_field(name, tokenizer_name=tokenizer)
    return builder.build()
