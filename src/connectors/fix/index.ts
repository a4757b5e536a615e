/**
 * `tradewire/fix`: FIX 4.0 to 5.0 SP2. A connector for trading systems, and the parts it is made of for everything else: sessions as
 * initiator and acceptor, message stores, codec, dictionaries.
 */

// Acceptor
export { type AcceptorCounters, FixAcceptor, type FixAcceptorOptions } from './acceptor/acceptor.js'
export {
  parseSettings,
  type SessionFromSettings,
  type SettingsSection,
  sessionFromSettings,
} from './acceptor/settings-file.js'
// Codec
export { printable } from './codec/bytes.js'
export type { DataTags } from './codec/data-tags.js'
export { FixEncoder, type FixEncoderOptions } from './codec/encoder.js'
export { FixFramer, type FixFramerOptions, FrameKind } from './codec/framer.js'
export { GarbledReason } from './codec/garbled.js'
export { FixGroup } from './codec/group.js'
export { defaultLimits, type FixLimits } from './codec/limits.js'
export { FixMessage, type FixMessageOptions, msgTypeCodeOf } from './codec/message.js'
export { TimestampPrecision } from './codec/times.js'
// Connector
export type { FixConnectorOptions, FixLinkOptions } from './connector/connector-options.js'
export { FixConnector } from './connector/fix-connector.js'
export type { OrderTypeWord, OrderWordChanges } from './connector/order-words.js'
export type { ExecIdScope, FieldValue, FixProfile, MarketDataProfile } from './connector/profile.js'
export type { SymbologyProfile } from './connector/symbology.js'
// Dictionaries
export { type FixVersion, fixVersions, loadFixDefinition, loadFixDictionary } from './dictionary/built-in.js'
export type {
  FixDictionaryDefinition,
  FixFieldDefinition,
  FixMember,
  FixMessageDefinition,
} from './dictionary/definition.js'
export { FixDictionary } from './dictionary/dictionary.js'
export type { FixFieldType } from './dictionary/field-types.js'
export { MsgType } from './dictionary/msg-types.js'
export { type FixObject, type FixValue, readFixObject, writeFixObject } from './dictionary/objects.js'
export { type FixMessageOverlay, type FixOverlay, overlayDictionary } from './dictionary/overlay.js'
export { parseQuickFixXml } from './dictionary/quickfix-xml.js'
export { RejectReason } from './dictionary/reject-reason.js'
export { Tag } from './dictionary/tags.js'
export { type FixValidation, FixValidator } from './dictionary/validator.js'
// Session
export type { FixSessionConfig, SessionSettings, ThrottleConfig } from './session/config.js'
export type { SessionCounters } from './session/counters.js'
export type { LogonCredentials } from './session/credentials.js'
export { SessionDriver, type SessionDriverOptions } from './session/driver.js'
export { FixSession, type FixSessionOptions } from './session/fix-session.js'
export { identityFileName, identityText, type SessionIdentity } from './session/identity.js'
export {
  type FixEndpoint,
  FixInitiator,
  type FixInitiatorEvents,
  type FixInitiatorOptions,
} from './session/initiator.js'
export type { SendObstacle } from './session/outbound.js'
export type {
  ExtraFields,
  FixApplication,
  LogonContext,
  LogonFields,
  MessageRefusal,
  MessageValidator,
  SessionLine,
} from './session/parts.js'
export type { ScheduleConfig, Weekday } from './session/schedule.js'
export type { SessionPhase } from './session/session-core.js'
export { applVerIds, type BeginString, beginStrings } from './session/version.js'
export { VersionedValidator } from './session/versioned-validator.js'
// Stores and logs
export { FileStore, type FileStoreOptions } from './store/file-store.js'
export {
  inspectStore,
  readStoredMessages,
  type StoredMessagesQuery,
  type StoredMessageText,
  type StoreReport,
} from './store/inspect.js'
export type { MaskOptions } from './store/mask.js'
export { MemoryStore } from './store/memory-store.js'
export { FileMessageLog, type FileMessageLogOptions, type MessageLog, noMessageLog } from './store/message-log.js'
export type {
  MessageStore,
  MessageStoreCounters,
  MessageStoreFactory,
  StoredMessageVisitor,
} from './store/message-store.js'
