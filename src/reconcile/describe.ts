/** A round of reconciliation in words, for people: one line per event, finding and open question. */
import { unitsToText } from '../model/decimal.js'
import type { Finding, FollowUp, ReconcileAction, ReconcileResult } from './actions.js'

/** How amounts of an instrument are shown. */
export interface InstrumentWords {
  readonly name: string
  readonly priceScale: number
  readonly sizeScale: number
}

/** Lines that tell what a round found and did. `instrumentOf` names instruments by index; without it units are shown as they are. */
export function describeReconciliation(
  result: ReconcileResult,
  instrumentOf?: (index: number) => InstrumentWords,
): string[] {
  const words = (index: number): InstrumentWords =>
    instrumentOf?.(index) ?? { name: `instrument ${index}`, priceScale: 0, sizeScale: 0 }
  const skipped =
    result.skippedOrders.length === 0 ? '' : `, ${result.skippedOrders.length} left alone because they moved just now`
  return [
    `${result.comparedOrders} orders compared${skipped}: ${count(result.actions, 'event')}, ${count(result.findings, 'finding')}, ${count(result.followUps, 'question')}`,
    ...result.actions.map((action) => `event: ${describeAction(action, words)}`),
    ...result.findings.map((finding) => `${finding.severity}: ${describeFinding(finding, words)}`),
    ...result.followUps.map((followUp) => `ask: ${describeFollowUp(followUp)}`),
  ]
}

function count(list: readonly unknown[], word: string): string {
  return `${list.length} ${word}${list.length === 1 ? '' : 's'}`
}

/** One event in words. */
function describeAction(action: ReconcileAction, words: (index: number) => InstrumentWords): string {
  switch (action.kind) {
    case 'accepted':
      return `${action.order} was accepted as ${action.venueOrderId}`
    case 'updated':
      return `${action.order} has other terms at the venue (generation ${action.generation}): ${action.quantityUnits} units${Number.isNaN(action.priceUnits) ? '' : ` at ${action.priceUnits}`}`
    case 'triggered':
      return `${action.order} was triggered`
    case 'filled':
      return `${action.order} was filled, ${describeFill(action.fill, words(action.fill.instrument))}`
    case 'inferred_fill':
      return `${action.order} must have been filled for ${action.quantityUnits} units at ${action.priceUnits} (concluded, ${action.exec})`
    case 'inferred_bust':
      return `${action.order}: execution ${action.exec} is not in the venue's complete history and counts as busted`
    case 'works':
      return `${action.order} works at the venue`
    case 'requests_over':
      return `${action.order} is filled and does not work at the venue: what was still asked of it is over`
    case 'canceled':
    case 'expired':
    case 'rejected':
      return `${action.order} was ${action.kind}${action.source === 'inferred' ? ' (concluded)' : ''}${action.reason === '' ? '' : `: ${action.reason}`}`
    case 'unknown':
      return `${action.order}: its fate is unknown (${action.reason})`
    case 'adopt':
      return `external order ${action.report.venueOrderId} is adopted as ${action.order} for ${action.owner}`
    case 'external_fill':
      return `external execution for ${action.owner}, ${describeFill(action.fill, words(action.fill.instrument))}`
    case 'adjust_position': {
      const { name, priceScale, sizeScale } = words(action.instrument)
      const price =
        action.priceUnits === undefined ? 'at the market' : `at ${unitsToText(action.priceUnits, priceScale)}`
      return `position of ${action.account} in ${name} is adjusted: ${action.side} ${unitsToText(action.quantityUnits, sizeScale)} ${price} for ${action.owner}`
    }
    case 'halt':
      return `${words(action.instrument).name} is halted for ${action.account}: ${sentence(action.reason)}`
  }
}

function describeFill(
  fill: { exec: string | number; side: string; quantityUnits: number; priceUnits: number },
  words: InstrumentWords,
): string {
  return `${fill.exec}: ${fill.side} ${unitsToText(fill.quantityUnits, words.sizeScale)} ${words.name} at ${unitsToText(fill.priceUnits, words.priceScale)}`
}

function describeFinding(finding: Finding, words: (index: number) => InstrumentWords): string {
  const about = [
    finding.order,
    finding.instrument === undefined ? undefined : words(finding.instrument).name,
    finding.account,
  ]
  const details = Object.entries(finding.details).map(([name, value]) => `${name} ${value}`)
  const subject = about.filter((part) => part !== undefined).join(', ')
  return `${sentence(finding.kind)}${subject === '' ? '' : ` (${subject})`}${details.length === 0 ? '' : `: ${details.join(', ')}`}`
}

function describeFollowUp(followUp: FollowUp): string {
  switch (followUp.kind) {
    case 'order':
      return `order ${followUp.order}, not before ${followUp.notBeforeUs}`
    case 'fills':
      return `fills since ${followUp.sinceUs}`
    case 'account':
      return 'positions and balances'
  }
}

function sentence(kind: string): string {
  return kind.replaceAll('_', ' ')
}
