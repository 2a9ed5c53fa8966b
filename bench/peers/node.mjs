// lunr as MkDocs uses it, MiniSearch and FlexSearch. Reads a job (JSON) from standard input, answers with one line of JSON.
import { readFileSync, writeFileSync, statSync } from "node:fs"
import { createRequire } from "node:module"

const job = JSON.parse(readFileSync(0, "utf-8"))
const require = createRequire(job.modules + "/")
const rows = job.sections.map((s, id) => ({ id, article: s.article, title: s.title, text: s.text }))
const distinct = (ids, limit) => [...new Set(ids.map(id => rows[id].article))].slice(0, limit)

const peers = {
  lunr() {
    const lunr = require("lunr")
    return {
      build: () => JSON.stringify(lunr(function () {
        this.ref("id"); this.field("title", { boost: 1000 }); this.field("text")
        rows.forEach(row => this.add(row))
      })),
      open(saved) {
        const index = lunr.Index.load(JSON.parse(saved))
        return (text, limit) => {
          const words = text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || []
          const query = words.map((word, n) => n === words.length - 1 && /[\p{L}\p{N}_]$/u.test(text) ? `${word} ${word}*` : word)
          return distinct(index.search(query.join(" ")).slice(0, 30).map(hit => +hit.ref), limit)
        }
      }
    }
  },
  minisearch() {
    const MiniSearch = require("minisearch")
    const options = { fields: ["title", "text"], idField: "id" }
    const how = { prefix: (_, n, terms) => n === terms.length - 1, fuzzy: 0.2, boost: { title: 2 } }
    return {
      build() { const index = new MiniSearch(options); index.addAll(rows); return JSON.stringify(index) },
      open(saved) {
        const index = MiniSearch.loadJSON(saved, options)
        return (text, limit) => distinct(index.search(text, how).slice(0, 30).map(hit => hit.id), limit)
      }
    }
  },
  flexsearch() {
    const { Document } = require("flexsearch")
    const make = () => new Document({ document: { id: "id", index: [
      { field: "title", tokenize: "forward", encoder: "LatinBalance" }, { field: "text", tokenize: "forward", encoder: "LatinBalance" }] } })
    return {
      build() {
        const index = make(), parts = {}
        rows.forEach(row => index.add(row))
        index.export((key, data) => { parts[key] = data })
        return JSON.stringify(parts)
      },
      open(saved) {
        const index = make()
        for (const [key, data] of Object.entries(JSON.parse(saved))) index.import(key, data)
        return (text, limit) => {
          const found = index.search(text, { limit: 30, suggest: true })
          return distinct([...new Set(found.flatMap(field => field.result))], limit)
        }
      }
    }
  }
}

const cpu = () => { const used = process.cpuUsage(); return (used.user + used.system) / 1000 }
const peer = peers[job.peer]()
let at = cpu()
const saved = peer.build()
const build = (cpu() - at) / 1000
writeFileSync(job.file, saved)
at = cpu()
const search = peer.open(readFileSync(job.file, "utf-8"))
const open = cpu() - at
job.warm.forEach(text => search(text, 3))
const began = cpu()
const answers = job.texts.map(([text, limit]) => {
  const at = cpu()
  const found = search(text, limit)
  return [found, cpu() - at]
})
const spent = cpu() - began
console.log(JSON.stringify({ build, bytes: statSync(job.file).size, open, answers, spent }))
