/** Which executions are compared with a second line's, and how: plain data. */
import { durationMs, mapOf, oneOf, optional, options, positiveInteger, text } from '../model/config-schema.js'
import type { FieldFault } from '../model/schema/parse.js'
import type { DropCopyOptions } from '../oms/drop-copy/drop-copy-desk.js'

/** A line that the connector has itself, or that the host hands in: no connector of its own. */
export const ownLine = 'own'

/** Drop copies of a system. */
export interface DropCopyConfig extends DropCopyOptions {
  /**
   * By connector, what tells its executions a second time: the name of another connector, which is a drop copy and nothing
   * else then (no orders over it, none of its reports is booked); or `own`: a line that the connector has itself, such as
   * the `dropCopy` session of a FIX connector, or what the host hands to `system.dropCopy.take`.
   */
  readonly lines: Readonly<Record<string, string>>
}

/** Shape of {@link DropCopyConfig}. */
export const dropCopySchema = options({
  lines: mapOf(text(64), 64),
  graceMs: optional(durationMs()),
  everyMs: optional(durationMs()),
  onDifference: optional(oneOf(['alert', 'halt'])),
  matching: optional(oneOf(['id', 'terms'])),
  remembered: optional(positiveInteger(16_777_216)),
})

/** Lines lead from connectors that there are to others that there are, each copied once. */
export function dropCopyFaults({ lines }: DropCopyConfig, connectors: readonly string[]): FieldFault[] {
  const faults: FieldFault[] = []
  const wrong = (name: string, problem: string) => faults.push({ field: `dropCopy.lines.${name}`, problem })
  const copies = new Set<string>()
  const known = connectors.join(', ') || 'none'
  for (const [name, line] of Object.entries(lines)) {
    if (!connectors.includes(name)) wrong(name, `names no connector; there are: ${known}`)
    if (line === ownLine) continue
    if (!connectors.includes(line))
      wrong(name, `must be "${ownLine}" or the name of a connector, got "${line}"; there are: ${known}`)
    else if (line === name) wrong(name, `cannot be its own drop copy; "${ownLine}" means a line that it has itself`)
    else if (Object.hasOwn(lines, line)) wrong(name, `"${line}" is a drop copy and trades nothing: it has none itself`)
    else if (copies.has(line)) wrong(name, `"${line}" is the drop copy of another connector already`)
    copies.add(line)
  }
  return faults
}
