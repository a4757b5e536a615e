/**
 * `tradewire/fix/messages`: the messages of every version as types, for `readFixObject` and `writeFixObject`: fields and groups by
 * their names. A module of its own, for there are many of them.
 *
 *   const order = readFixObject(message, dictionary) as Fix44Messages['D']
 */

export { MsgType } from '../dictionary/msg-types.js'
export { Tag } from '../dictionary/tags.js'
export type { Fields as Fix40Fields, Messages as Fix40Messages } from '../dictionary/types/fix40.js'
export type { Fields as Fix41Fields, Messages as Fix41Messages } from '../dictionary/types/fix41.js'
export type { Fields as Fix42Fields, Messages as Fix42Messages } from '../dictionary/types/fix42.js'
export type { Fields as Fix43Fields, Messages as Fix43Messages } from '../dictionary/types/fix43.js'
export type { Fields as Fix44Fields, Messages as Fix44Messages } from '../dictionary/types/fix44.js'
export type { Fields as Fix50Fields, Messages as Fix50Messages } from '../dictionary/types/fix50.js'
export type { Fields as Fix50Sp1Fields, Messages as Fix50Sp1Messages } from '../dictionary/types/fix50sp1.js'
export type { Fields as Fix50Sp2Fields, Messages as Fix50Sp2Messages } from '../dictionary/types/fix50sp2.js'
export type { Fields as FixtFields, Messages as FixtMessages } from '../dictionary/types/fixt11.js'
