// How long a clean room took, step by step, from what C4 kept of its newest one.

import { type Html, html } from "./html.ts"
import { columns, type Model } from "./model.ts"
import { cut, duration, moment } from "./pretty.ts"

interface Step {
  step: string
  whose: string
  milliseconds: number
}

interface Unit {
  unit: string
  state: string
  milliseconds: number | null
  budgetSeconds: number
}

const longest = 200

export interface CleanRoom {
  started: string
  role: string
  steps: Step[]
  /** Those that converged, or did not. */
  units: Unit[]
}

/** The newest run that kept the steps of a clean room. What it kept is believed only as far as it has their form. */
export function cleanRoomOf({ lanes }: Pick<Model, "lanes">): CleanRoom | undefined {
  const runs = lanes
    .filter(({ name }) => columns.some((role) => role === name))
    .flatMap((lane) => lane.runs)
    .sort((a, b) => (a.start.started < b.start.started ? 1 : -1))
  for (const { start, end } of runs) {
    const observed = (end?.checks ?? []).filter(({ id }) => id.startsWith("C4.")).flatMap((check) => check.observations)
    const listed = (what: string) =>
      observed.filter((one) => one.what === what).flatMap(({ seen }) => (Array.isArray(seen) ? seen : []))
    const steps = listed("steps").filter(isStep)
    if (steps.length > 0)
      return { started: start.started, role: start.role, steps, units: listed("units").filter(isUnit) }
  }
  return undefined
}

function isStep(value: unknown): value is Step {
  const { step, whose, milliseconds } = (value ?? {}) as Partial<Step>
  return typeof step === "string" && typeof whose === "string" && isTime(milliseconds)
}

function isUnit(value: unknown): value is Unit {
  const { unit, state, milliseconds, budgetSeconds } = (value ?? {}) as Partial<Unit>
  return (
    typeof unit === "string" &&
    typeof state === "string" &&
    (milliseconds === null || isTime(milliseconds)) &&
    isTime(budgetSeconds)
  )
}

const isTime = (value: unknown): value is number => typeof value === "number" && value >= 0 && Number.isFinite(value)

export function cleanRoom(model: Model): Html {
  const room = cleanRoomOf(model)
  return html`<section id="clean-room" aria-labelledby="clean-room-title">
<h2 id="clean-room-title">The newest clean room</h2>
${room === undefined ? html`<p>No run with --clean-room is in the ledgers.</p>` : html`${timeline(room)}${units(room)}`}</section>`
}

function timeline({ started, role, steps }: CleanRoom): Html {
  const total = Math.max(
    1,
    steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
  )
  const ours = steps.filter(({ whose }) => whose === "ours").reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  let at = 0
  const rows = steps.map(({ step, whose, milliseconds }) => {
    const from = at
    at += milliseconds
    return html`<tr><th scope="row">${cut(step, longest)}</th><td class="bars">${line(from / total, milliseconds / total, whose === "ours")}</td><td class="number">${duration(milliseconds)}</td><td class="small">${whose}</td></tr>
`
  })
  return html`<p class="note">By the ${role}, ${moment(started)}: ${duration(total)}, of which ${duration(total - ours)} are the machine's and ${duration(ours)} ours.</p>
<div class="scroll" role="region" aria-label="Steps of the clean room" tabindex="0">
<table class="steps">
<caption class="hidden">The steps of the clean room, one after the other, and how long each took</caption>
<thead><tr><th scope="col">Step</th><th scope="col"><span class="hidden">When</span></th><th scope="col" class="number">Took</th><th scope="col">Whose</th></tr></thead>
<tbody>${rows}</tbody>
</table>
</div>
`
}

/** A bar from one part of the whole on, so long; parts of 1. */
function line(from: number, part: number, ours: boolean): Html {
  const percent = (value: number) => `${(value * 100).toFixed(2)}%`
  return html`<svg width="100%" height="10" aria-hidden="true"><rect class="track" width="100%" height="10" rx="2"/><rect class="${ours ? "ours" : "theirs"}" x="${percent(Math.min(from, 0.995))}" width="${percent(Math.max(part, 0.005))}" height="10" rx="2"/></svg>`
}

function units({ units: all }: CleanRoom): Html {
  if (all.length === 0) return html``
  const rows = all.map(({ unit, state, milliseconds, budgetSeconds }) => {
    const part = milliseconds === null ? 1 : Math.min(1, milliseconds / Math.max(1, budgetSeconds * 1000))
    return html`<tr><th scope="row">${cut(unit, longest)}</th><td class="bars">${line(0, part, false)}</td><td class="number">${milliseconds === null ? "not up" : duration(milliseconds)}</td><td class="number">of ${budgetSeconds} s</td><td class="small">${cut(state, longest)}</td></tr>
`
  })
  return html`<h3>Units, beside their budgets</h3>
<div class="scroll" role="region" aria-label="Units of the clean room" tabindex="0">
<table class="steps">
<caption class="hidden">How long each unit took to come up, of the time it may take</caption>
<thead><tr><th scope="col">Unit</th><th scope="col"><span class="hidden">Part of the budget</span></th><th scope="col" class="number">Took</th><th scope="col" class="number">Budget</th><th scope="col">State</th></tr></thead>
<tbody>${rows}</tbody>
</table>
</div>
`
}
