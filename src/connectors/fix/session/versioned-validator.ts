/**
 * Validation on a FIXT session, where every application message may be of another version: ApplVerID (1128) of the message
 * tells which, or else what the peer said at logon, or else what the session is set to.
 */
import { TradewireError } from '../../../core/errors.js'
import type { FixMessage } from '../codec/message.js'
import { RejectReason } from '../dictionary/reject-reason.js'
import type { FixValidator } from '../dictionary/validator.js'
import type { MessageValidator } from './parts.js'
import { isAdminCode, SessionCode, SessionTag } from './tags.js'

/** Chooses among validators by application version. */
export class VersionedValidator implements MessageValidator {
  refTag: number | undefined
  readonly #validators: ReadonlyMap<string, FixValidator>
  #default: FixValidator

  /** `validators`: by ApplVerID, e.g. `9` for FIX 5.0 SP2. `applVerId`: the default, one of them. */
  constructor(validators: ReadonlyMap<string, FixValidator>, applVerId: string) {
    this.#validators = validators
    const standard = validators.get(applVerId)
    if (standard === undefined) {
      throw new TradewireError('TW_INVALID_CONFIG', `defaultApplVerId ${applVerId} has no dictionary`)
    }
    this.#default = standard
  }

  /** As {@link FixValidator.validate}. The peer's DefaultApplVerID (1137) in a valid Logon becomes the default. */
  validate(message: FixMessage): RejectReason {
    const validator = isAdminCode(message.msgTypeCode) ? this.#default : this.#validatorOf(message)
    if (validator === undefined) {
      this.refTag = SessionTag.applVerId
      return RejectReason.invalidApplVerId
    }
    const reason = validator.validate(message)
    this.refTag = validator.refTag
    if (reason === RejectReason.none && message.msgTypeCode === SessionCode.logon) this.#takeDefault(message)
    return reason
  }

  #validatorOf(message: FixMessage): FixValidator | undefined {
    const id = message.string(SessionTag.applVerId)
    return id === undefined ? this.#default : this.#validators.get(id)
  }

  #takeDefault(message: FixMessage): void {
    const id = message.string(SessionTag.defaultApplVerId)
    this.#default = (id === undefined ? undefined : this.#validators.get(id)) ?? this.#default
  }
}
