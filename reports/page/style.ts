// How the page looks. It sets no fonts of its own and asks for nothing.

import { colours } from "./colours.ts"

const text = `
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere; }
header, main { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2rem; }
main { padding-bottom: 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -.02em; margin: 0 0 .25rem; font-weight: 650; }
h2 { font-size: 1.2rem; line-height: 1.3; letter-spacing: -.01em; margin: 0 0 .5rem; font-weight: 650; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; font-weight: 650; }
p { margin: 0 0 .75rem; }
ul { margin: 0; padding-left: 1.2rem; }
a { color: var(--link); text-decoration: none; }
a:hover, p a { text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: .15em; }
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .84em; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
header p, .note, .small { color: var(--soft); }
.note { font-size: .9rem; }
.small { font-size: .84rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: 1rem; top: -4rem; background: var(--surface); padding: .5rem 1rem; border-radius: 6px; }
.skip:focus { top: 1rem; z-index: 1; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; padding: 0; margin: 1rem 0 1.5rem; font-size: .9rem; }
main > section, .beside section { margin: 0 0 3rem; }
.beside { display: grid; gap: 0 3rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 64rem) { .beside { grid-template-columns: minmax(0, 1.9fr) minmax(0, 1fr); } }
.scroll { overflow-x: auto; position: relative; }
table { border-collapse: collapse; }
th { text-align: left; font-weight: 500; }
thead th { font-size: .8rem; color: var(--soft); }
.facts { display: grid; grid-template-columns: fit-content(11rem) minmax(0, 1fr); gap: .25rem 1.25rem; margin: 0; font-size: .88rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; }
#subject .facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
#subject dd { margin-bottom: .45rem; line-height: 1.35; }
.head { display: flex; align-items: baseline; justify-content: space-between; gap: 1rem; }
summary { cursor: pointer; }`

const gate = `
.gate { background: var(--fail-ground); border-radius: 12px; padding: 1.5rem; }
.gate.open { background: var(--open-ground); color: var(--open-ink); }
.answer { display: flex; flex-wrap: wrap; align-items: center; gap: 1rem 1.25rem; }
.answer h2 { font-size: 1.6rem; margin: 0; font-weight: 500; letter-spacing: -.02em; }
.answer p { margin: 0; }
.sign { color: var(--fail-ink); flex: none; }
.gate.open .sign { color: var(--ring-pass); }
.slot { fill: var(--fail-ground); }
.shut h2 { color: var(--fail-ink); }
.time { margin-left: auto; text-align: right; }
.gate.open .small { color: inherit; }
.left { font-size: 1.15rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.gate.open.over { background: var(--fail-ground); color: var(--ink); }
.gate.over h2 strong { text-decoration: line-through; text-decoration-thickness: 2px; }
.gate.over .left { color: var(--fail-ink); }
.reasons { list-style: none; padding: 0; margin: 1.25rem 0 0; font-size: .93rem; }
.reasons li { padding: .45rem 0; border-top: 1px solid var(--line); }
.ids { line-height: 1.9; }
.id { display: inline-block; font-size: .84rem; font-variant-numeric: tabular-nums; padding: 0 .35rem; margin-right: .15rem; border-radius: 4px; background: var(--well); color: var(--ink); }
.gate .id { background: var(--surface); }
.id.f { background: var(--fail); color: var(--on-fail); }
.id.e { background: var(--error); color: var(--on-error); }
.id.l { background: var(--limited); color: var(--on-limited); }
.alert { background: var(--fail); color: var(--on-fail); border-radius: 12px; padding: 1.25rem 1.5rem; }
.gate:has(+ .alert) { margin-bottom: 1rem; }
.alert h2 { margin: 0; }
.alert h3 { margin: .6rem 0 .1rem; font-size: .93rem; }
.alert ul { font-size: .93rem; }`

const marks = `
.mark { display: inline-flex; align-items: center; justify-content: center; width: 1.6rem; height: 1.6rem; flex: none; font-size: .82rem; font-weight: 700; border-radius: 6px; border: 2px solid transparent; line-height: 1; }
.p { background: var(--pass); color: var(--on-pass); }
.f { background: var(--fail); color: var(--on-fail); }
.e { background: var(--error); color: var(--on-error); }
.l { background: var(--limited); color: var(--on-limited); }
.n, .w { background: var(--none); color: var(--on-none); }
.mark.f { border-radius: 50%; }
.mark.e { border-radius: 1px; }
.mark.l { border-radius: 6px 6px 50% 50%; }
.mark.n, .mark.w { border-style: dashed; border-color: var(--ring-none); }
.mark.w { border-style: dotted; }
.mark.none { color: var(--soft); }
.mark.hollow { background: var(--surface); color: var(--ink); }
.mark.hollow.p { border-color: var(--ring-pass); }
.mark.hollow.f { border-color: var(--ring-fail); }
.mark.hollow.e { border-color: var(--ring-error); }
.mark.hollow.l { border-color: var(--ring-limited); }
.mark.hatched { background-image: repeating-linear-gradient(135deg, transparent 0 3px, var(--hatch) 3px 5px); }
.verdict { font-size: .82rem; font-weight: 600; color: var(--soft); background: none; white-space: nowrap; }
.verdict.f { color: var(--fail-ink); }
.verdict.e { color: var(--error-ink); }
.verdict.l { color: var(--link); }
.chip { display: inline-block; font-size: .76rem; font-weight: 600; padding: .05rem .5rem; border-radius: 1rem; background: var(--well); color: var(--soft); white-space: nowrap; }
.chip.regressed, .chip.suspect { background: var(--fail); color: var(--on-fail); }
.chip.malfunctioned { background: var(--error); color: var(--on-error); }
.chip.fixed { background: var(--pass); color: var(--on-pass); }
.chip.new, .chip.limited { background: var(--limited); color: var(--on-limited); }
.legend { list-style: none; padding: 0; margin: 1rem 0 0; display: flex; flex-wrap: wrap; gap: .35rem 1.1rem; font-size: .82rem; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: .4rem; }
.legend .mark { width: 1.25rem; height: 1.25rem; font-size: .68rem; }`

const tables = `
.matrix { width: 100%; }
.matrix th, .matrix td { padding: .3rem 1rem .3rem 0; vertical-align: middle; }
.matrix tbody tr { border-top: 1px solid var(--line); }
.matrix th a { color: inherit; }
.matrix td, .matrix thead th { white-space: nowrap; }
.matrix td.wide { white-space: normal; line-height: 1.8; }
.cell { display: inline-flex; align-items: center; gap: .5rem; color: var(--soft); font-size: .84rem; font-variant-numeric: tabular-nums; position: relative; }
.changes { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .5rem 1.5rem; margin: 0; }
.changes dt { color: var(--soft); line-height: 1.9; }
.changes .more { margin: 0; font-size: inherit; }
.changes dd { margin: 0; line-height: 1.9; }
.heat { font-size: .72rem; }
.heat th[scope=row] { padding: 0 1rem 0 0; white-space: nowrap; font-size: .84rem; position: sticky; left: 0; background: var(--ground); }
.heat label { display: flex; gap: .5rem; align-items: center; }
.heat .title { max-width: 15rem; overflow: hidden; text-overflow: ellipsis; }
.heat thead th { vertical-align: bottom; text-align: center; padding: 0 0 .25rem; font-size: .7rem; font-weight: 400; position: relative; }
.heat .when { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; font-variant-numeric: tabular-nums; }
.heat .who { display: block; font-weight: 700; }
.heat td { min-width: 1.5rem; width: 1.5rem; height: 1.5rem; padding: 0; text-align: center; font-weight: 600; border: 1px solid var(--ground); border-radius: 4px; background-clip: padding-box; }
.heat .one td { height: 1.2rem; }
.heat .one th { font-weight: 400; padding-left: 1.6rem; }
.heat .one { display: none; }
.heat tbody:has(input:checked) .one { display: table-row; }
.heat .gap { background: repeating-linear-gradient(0deg, var(--ring-none) 0 2px, transparent 2px 6px) center / 2px 100% no-repeat; min-width: .9rem; width: .9rem; }
.heat .bar { border-left: 3px solid var(--ink); }
.more { margin-top: .75rem; font-size: .9rem; }
.steps { width: 100%; font-size: .9rem; }
.steps th, .steps td { padding: .25rem 1rem .25rem 0; }
.steps .bars { width: 45%; min-width: 8rem; }
.steps svg { display: block; }
.track { fill: var(--well); }
.ours { fill: var(--ring-none); }
.theirs { fill: var(--ring-limited); }`

const details = `
.item { margin: 0 0 2.25rem; }
.item > h3 { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem; font-size: 1.05rem; margin: 0 0 .35rem; }
.item > h3 .verdict { margin-left: auto; }
blockquote { margin: 0 0 .75rem; color: var(--soft); font-size: .92rem; max-width: 62rem; }
.check { background: var(--surface); border: 1px solid var(--line); border-top-width: 0; }
.item > .check:first-of-type { border-top-width: 1px; border-radius: 8px 8px 0 0; }
.item > .check:last-of-type { border-radius: 0 0 8px 8px; }
.check > summary { display: flex; gap: .75rem; padding: .5rem .9rem; list-style: none; align-items: flex-start; border-radius: inherit; }
.check > summary::-webkit-details-marker { display: none; }
.check > summary:hover { background: var(--well); }
.check > summary .mark { width: 1.4rem; height: 1.4rem; font-size: .74rem; margin-top: .1rem; }
.check b, .item > h3 b { font-variant-numeric: tabular-nums; }
.said { flex: 1; min-width: 0; font-size: .94rem; }
.said .why { display: block; color: var(--soft); font-size: .86rem; }
.tags { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: .15rem .5rem; align-items: baseline; max-width: 45%; }
.check:target > summary { box-shadow: inset 3px 0 var(--link); }
.body { padding: .25rem 1.1rem 1rem 3.05rem; }
.record { padding: .5rem 0; border-bottom: 1px solid var(--line); }
.record > summary { font-size: .94rem; }
.record .chip, .check .chip { vertical-align: baseline; }
.by { font-weight: 400; }
.record p { margin: .1rem 0 .5rem; }
pre.why { background: var(--well); border-radius: 6px; padding: .6rem .8rem; margin: .25rem 0 .75rem; }
.seen { margin: 0 0 .5rem; font-size: .9rem; }
.seen dt { color: var(--soft); margin-top: .5rem; }
.seen dd { margin: 0; }
.commands { width: 100%; font-size: .84rem; margin: .5rem 0; }
.commands th, .commands td { padding: .2rem .9rem .2rem 0; vertical-align: top; border-top: 1px solid var(--line); }
.commands thead th { border: 0; }
.rerun { margin: .9rem 0 0; }
.command { user-select: all; background: var(--well); border-radius: 6px; padding: .15rem .5rem; }
pre.command { padding: .75rem 1rem; margin: 0 0 1rem; user-select: text; }
.switch { font-size: .9rem; display: inline-flex; gap: .5rem; align-items: center; cursor: pointer; }
.nothing { display: none; }
body:has(#changed-only:checked) :is(.check, .item):not(.changed, :target) { display: none; }
body:has(#changed-only:checked):not(:has(.check.changed)) .nothing { display: block; }
.run { border-top: 1px solid var(--line); padding: .5rem 0; }
.run .facts { padding: .6rem 0 .6rem 1.1rem; }
.limitation { border-left: 4px solid var(--ring-limited); padding: .1rem 0 .1rem 1.25rem; margin: 0 0 1.25rem; }
.limitation.over { border-left-color: var(--line); }
.limitation h3 { margin-top: 0; }
.days { color: var(--soft); font-weight: 500; }
@media (max-width: 40rem) {
  header, main { padding-left: 1rem; padding-right: 1rem; }
  .gate, .alert { padding: 1.1rem; }
  .time { margin-left: 0; text-align: left; }
  .matrix .wide, .matrix .of, .heat .title { display: none; }
  .matrix th, .matrix td { padding-right: .75rem; }
  .facts, .changes { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .facts dd, .changes dd { margin-bottom: .5rem; }
  .check > summary { flex-wrap: wrap; row-gap: .15rem; }
  .tags { max-width: none; width: 100%; justify-content: flex-start; padding-left: 2.15rem; }
  .tags .verdict.p { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .body { padding-left: 1rem; }
  .commands thead, .steps thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .commands tr { display: flex; flex-wrap: wrap; gap: 0 .9rem; padding: .35rem 0; border-top: 1px solid var(--line); }
  .commands td { padding: 0; border: 0; }
  .commands td:first-child { width: 100%; }
  .commands td:nth-child(3)::before { content: "exit "; }
  .steps tr { display: flex; flex-wrap: wrap; gap: 0 .75rem; padding: .35rem 0; align-items: baseline; }
  .steps th, .steps td { padding: 0; }
  .steps th { flex: 1; min-width: 60%; }
  .steps .bars { order: 1; width: 100%; }
}
@media print { .skip, nav, .switch { display: none; } }`

export const style = [colours, text, gate, marks, tables, details].join("\n").trim()
