/** Configuration of the validation pipeline: plain data with a schema, and the stages made from it. */
import type { CalendarAmendment } from '../../calendar/calendars.js'
import { Calendars } from '../../calendar/calendars.js'
import { TradewireError } from '../../core/errors.js'
import {
  flag,
  list,
  mapOf,
  oneOf,
  optional,
  options,
  realNumber,
  text,
  wholeNumber,
} from '../../model/config-schema.js'
import { orderTypes } from '../../model/order-types.js'
import type { RiskGate } from '../../risk/gate.js'
import { ValidationPipeline } from './pipeline.js'
import type { Thresholds, ValidationStage } from './stage.js'
import { AuthorizationStage, type StrategyPermissions } from './stages/authorization.js'
import { FatFingerStage } from './stages/fat-finger.js'
import { InstrumentStage } from './stages/instrument.js'
import { type DepthSource, type LiquidityFigures, LiquidityStage } from './stages/liquidity.js'
import { RiskStage } from './stages/risk.js'
import { type SessionRules, SessionStage } from './stages/session.js'

/** The built-in stages that can be switched off or weighted; `schema` cannot. */
export const stageNames = ['instrument', 'session', 'authorization', 'liquidity', 'risk', 'fat_finger'] as const
/** Name of a built-in stage. */
export type StageName = (typeof stageNames)[number]

/** Options of the pipeline. `{}` switches it on with all stages and the defaults named here. */
export interface ValidationConfig {
  /** Total score from which on an order is warned about; 50 unless given. */
  warnScore?: number
  /** Total score from which on an order is refused; 90 unless given. */
  denyScore?: number
  /** Weights of stages by name, from 0 to 1; 1 unless given. */
  weights?: Readonly<Record<string, number>>
  /** Built-in stages that do not run. */
  off?: readonly StageName[]
  instrument?: {
    /** An expiry in fewer days than this is warned about; 2 unless given. */
    expiryWarningDays?: number
  }
  /** `warn` and `deny` unless given. */
  session?: Partial<SessionRules>
  /** Holidays and years that the built-in calendars do not know. */
  calendars?: readonly CalendarAmendment[]
  authorization?: {
    /** Permissions by strategy. */
    strategies?: Readonly<Record<string, StrategyPermissions>>
    /** What holds for the others; `allow` unless given. */
    unlisted?: 'allow' | 'deny'
  }
  liquidity?: {
    /** 50 and 500 unless given. */
    spreadBps?: Thresholds
    /** 5 and 50 times the size at the best price unless given. */
    depthMultiple?: Thresholds
    /** 25 and 100 unless given. */
    impactBps?: Thresholds
    /** Y of the square-root law; 1 unless given. */
    impactFactor?: number
    /** Volume and volatility by symbol or id: without them no impact is estimated. */
    figures?: Readonly<Record<string, LiquidityFigures>>
  }
  risk?: {
    /** Share of the limits on quantity and position from which on an order is warned about; 0.8 unless given. */
    utilization?: number
    /** The same for the limit on its value; 0.5 unless given. */
    notional?: number
  }
  fatFinger?: {
    /** Percent through the market; 1 and 5 unless given. */
    pricePercent?: Thresholds
    /** 10 and 100 times the usual quantity unless given. */
    sizeMultiple?: Thresholds
    /** Orders after which a quantity is usual; 20 unless given. */
    sizeSamples?: number
    /** 500 unless given; 0 switches it off. */
    duplicateWindowMs?: number
  }
}

const thresholds = options({ warn: realNumber(0, 1e9), deny: realNumber(0, 1e9) })
const names = list(text(64))

/** The schema of {@link ValidationConfig}. */
export const validationSchema = options({
  warnScore: optional(realNumber(0, 100)),
  denyScore: optional(realNumber(0, 100)),
  weights: optional(mapOf(realNumber(0, 1))),
  off: optional(list(oneOf(stageNames))),
  instrument: optional(options({ expiryWarningDays: optional(wholeNumber(0, 3_650)) })),
  session: optional(
    options({ extendedHours: optional(oneOf(['warn', 'deny'])), closed: optional(oneOf(['warn', 'deny'])) }),
  ),
  calendars: optional(
    list(
      options({
        calendar: text(64),
        knownThrough: optional(text(10)),
        days: optional(
          list(
            options({
              date: text(10),
              name: text(100),
              kind: oneOf(['closed', 'short', 'late', 'joined', 'regular']),
              openAt: optional(text(5)),
              closeAt: optional(text(5)),
              endAt: optional(text(5)),
            }),
          ),
        ),
      }),
    ),
  ),
  authorization: optional(
    options({
      strategies: optional(
        mapOf(
          options({
            symbols: optional(names),
            accounts: optional(names),
            connectors: optional(names),
            sides: optional(list(oneOf(['buy', 'sell']))),
            types: optional(list(oneOf(orderTypes))),
            enabled: optional(flag()),
          }),
        ),
      ),
      unlisted: optional(oneOf(['allow', 'deny'])),
    }),
  ),
  liquidity: optional(
    options({
      spreadBps: optional(thresholds),
      depthMultiple: optional(thresholds),
      impactBps: optional(thresholds),
      impactFactor: optional(realNumber(0, 100)),
      figures: optional(
        mapOf(options({ averageDailyVolume: realNumber(1e-12, 1e18), dailyVolatility: realNumber(0, 10) })),
      ),
    }),
  ),
  risk: optional(options({ utilization: optional(realNumber(0.01, 1)), notional: optional(realNumber(0.01, 1)) })),
  fatFinger: optional(
    options({
      pricePercent: optional(thresholds),
      sizeMultiple: optional(thresholds),
      sizeSamples: optional(wholeNumber(1, 1_000_000)),
      duplicateWindowMs: optional(wholeNumber(0, 86_400_000)),
    }),
  ),
})

/** What the pipeline needs beside its configuration. */
export interface ValidationParts {
  gate: RiskGate
  /** Calendars to ask; the built-in ones, amended as configured, unless given. */
  calendars?: Calendars
  /** Depth of books; the size at the best price unless given. */
  depth?: DepthSource
  /** Stages of the host's own, run after the built-in ones in this order. */
  stages?: readonly ValidationStage[]
}

/**
 * The pipeline of a configuration.
 *
 * @throws TradewireError `TW_INVALID_CONFIG` for thresholds in the wrong order or names that are taken or unknown; errors
 * of calendars that cannot be amended so.
 */
export function composeValidation(config: ValidationConfig, parts: ValidationParts): ValidationPipeline {
  const { warnScore = 50, denyScore = 90, weights = {}, off = [] } = config
  if (warnScore > denyScore)
    throw new TradewireError('TW_INVALID_CONFIG', 'validation.warnScore must not be above validation.denyScore')
  const stages = [
    ...builtIn(config, parts).filter(({ name }) => !off.includes(name as StageName)),
    ...(parts.stages ?? []),
  ]
  const seen = new Set(['schema'])
  for (const { name } of stages) {
    if (seen.has(name)) throw new TradewireError('TW_INVALID_CONFIG', `Two validation stages are called "${name}"`)
    seen.add(name)
  }
  for (const name of Object.keys(weights))
    if (!seen.has(name) && !(stageNames as readonly string[]).includes(name))
      throw new TradewireError('TW_INVALID_CONFIG', `validation.weights.${name}: no stage is called so`)
  return new ValidationPipeline({ stages, weights, warnScore, denyScore })
}

function builtIn(config: ValidationConfig, parts: ValidationParts): ValidationStage[] {
  const { instrument = {}, session = {}, authorization = {}, liquidity = {}, risk = {}, fatFinger = {} } = config
  const calendars = parts.calendars ?? new Calendars({ amendments: config.calendars ?? [] })
  const sessions = new SessionStage(calendars, { extendedHours: 'warn', closed: 'deny', ...session })
  return [
    new InstrumentStage(sessions, instrument.expiryWarningDays ?? 2),
    sessions,
    new AuthorizationStage(authorization.strategies ?? {}, authorization.unlisted ?? 'allow'),
    new LiquidityStage(
      {
        spreadBps: ordered('liquidity.spreadBps', liquidity.spreadBps ?? { warn: 50, deny: 500 }),
        depthMultiple: ordered('liquidity.depthMultiple', liquidity.depthMultiple ?? { warn: 5, deny: 50 }),
        impactBps: ordered('liquidity.impactBps', liquidity.impactBps ?? { warn: 25, deny: 100 }),
        impactFactor: liquidity.impactFactor ?? 1,
        figures: liquidity.figures ?? {},
      },
      parts.depth,
    ),
    new RiskStage(parts.gate, { utilization: risk.utilization ?? 0.8, notional: risk.notional ?? 0.5 }),
    new FatFingerStage({
      pricePercent: ordered('fatFinger.pricePercent', fatFinger.pricePercent ?? { warn: 1, deny: 5 }),
      sizeMultiple: ordered('fatFinger.sizeMultiple', fatFinger.sizeMultiple ?? { warn: 10, deny: 100 }),
      sizeSamples: fatFinger.sizeSamples ?? 20,
      duplicateWindowMs: fatFinger.duplicateWindowMs ?? 500,
    }),
  ]
}

function ordered(name: string, limits: Thresholds): Thresholds {
  if (limits.warn < limits.deny) return limits
  throw new TradewireError('TW_INVALID_CONFIG', `validation.${name}.warn must be below its deny`)
}
