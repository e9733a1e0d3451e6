// Reads what `heapglass flame` wrote with speedscope's own importer and compares every box.
//
//   node import.mjs SPEEDSCOPE.js SHOP.speedscope.json SHOP.folded
//
// speedscope is published as one script for browsers that imports files and then draws its window. It is run up to
// where its importer is ready, without a browser. What it makes of either file has to be, box by box and byte by
// byte, what the lines of the folded stacks add up to.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import vm from 'node:vm'

const [script, ...exports] = process.argv.slice(2)

/** The importer's functions, by the names under which its module exports them. */
async function importer() {
  const source = readFileSync(script, 'utf8')
  const ready = /var (\w+)=Promise\.resolve\(\)\.then\(\(\)=>\(\w+\(\),(\w+)\)\);/g
  const exporting = [...source.matchAll(ready)].find(([, , module]) => source.includes(`(${module},{importFrom`))
  if (!exporting) throw new Error('this speedscope keeps its importer elsewhere')
  const until = exporting.index + exporting[0].length
  const anything = new Proxy(function () {}, { get: () => anything, apply: () => anything, construct: () => anything })
  const world = vm.createContext({
    console: { ...console, log() {} },
    TextDecoder,
    TextEncoder,
    window: { location: { hash: '', protocol: 'file:' }, matchMedia: anything, addEventListener() {} },
    document: anything,
    navigator: { userAgent: '' },
    setTimeout,
    setInterval,
    clearTimeout,
    clearInterval,
  })
  world.self = world
  vm.runInContext(`${source.slice(0, until)}globalThis.importer=${exporting[1]}})()`, world, { filename: script })
  return world.importer
}

/** Adds a weight to all boxes on a way: their names, joined, give their bytes. */
function add(boxes, names, weight) {
  let way = ''
  for (const name of names) {
    way += `;${name}`
    boxes.set(way, (boxes.get(way) ?? 0) + weight)
  }
}

/** The boxes of folded stacks. */
function folded(text) {
  const boxes = new Map()
  for (const line of text.trimEnd().split('\n')) {
    const space = line.lastIndexOf(' ')
    add(boxes, line.slice(0, space).split(';'), Number(line.slice(space + 1)))
  }
  return boxes
}

/** The boxes of a profile as speedscope has read it. */
function imported(profile) {
  const boxes = new Map()
  const open = [[profile.getAppendOrderCalltreeRoot(), '']]
  while (open.length > 0) {
    const [node, way] = open.pop()
    for (const child of node.children) {
      const below = `${way};${child.frame.name.replaceAll(';', ',').replaceAll('\u2009', '')}`
      boxes.set(below, (boxes.get(below) ?? 0) + child.getTotalWeight())
      open.push([child, below])
    }
  }
  return boxes
}

const { importProfileGroupFromText } = await importer()
const want = folded(readFileSync(exports.find((file) => file.endsWith('.folded')), 'utf8'))
let wrong = 0
for (const file of exports) {
  const group = await importProfileGroupFromText(basename(file), readFileSync(file, 'utf8'))
  const got = imported(group.profiles[0])
  const total = group.profiles[0].getTotalNonIdleWeight()
  const off = [...new Set([...want.keys(), ...got.keys()])].filter((way) => want.get(way) !== got.get(way))
  for (const way of off.slice(0, 5)) console.error(`${way}: ${want.get(way)} written, ${got.get(way)} read`)
  wrong += off.length
  console.log(`${basename(file)}: ${got.size} boxes, ${total} in all, ${off.length} read otherwise than written`)
}
process.exit(wrong === 0 && want.size > 100 ? 0 : 1)
