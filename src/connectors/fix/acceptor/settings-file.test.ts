import { describe, expect, it } from 'vitest'
import { parseSettings, sessionFromSettings } from './settings-file.js'

const text = `
# a broker's file
[DEFAULT]
ConnectionType=initiator
SenderCompID = ME
HeartBtInt=20
StartTime=17:00:00
EndTime=16:00:00
FileStorePath=store
Strange=1
SocketNodelay=Y

[SESSION]
BeginString=FIX.4.2
TargetCompID=BROKER
SocketConnectHost=fix.example.com
SocketConnectPort=5001
DataDictionary=FIX42.xml
ResetOnLogon=Y
MaxLatency=60
TimestampPrecision=6
ValidateUserDefinedFields=N
StartDay=Sunday
EndDay=Friday
TimeZone=America/New_York

[session]
BeginString=FIXT.1.1
TargetCompID=OTHER
DefaultApplVerID=FIX.5.0SP2
TransportDataDictionary=FIXT11.xml
AppDataDictionary=FIX50SP2.xml
NonStopSession=Y
AllowUnknownMsgFields=Y
`

describe('a settings file', () => {
  const [first, second] = parseSettings(text).map(sessionFromSettings)

  it('becomes settings of ours', () => {
    expect(first).toMatchObject({
      config: {
        role: 'initiator',
        beginString: 'FIX.4.2',
        senderCompId: 'ME',
        targetCompId: 'BROKER',
        heartBtIntSeconds: 20,
        resetOnLogon: true,
        maxLatencyMs: 60_000,
        timestampPrecision: 'microseconds',
        schedule: {
          startTime: '17:00:00',
          endTime: '16:00:00',
          startDay: 'sun',
          endDay: 'fri',
          timeZone: 'America/New_York',
        },
      },
      validation: { userDefinedFields: false },
      dictionaries: { application: 'FIX42.xml' },
      connectHost: 'fix.example.com',
      connectPort: 5001,
      storePath: 'store',
      ignored: ['Strange'],
    })
    expect(second).toMatchObject({
      config: { beginString: 'FIXT.1.1', defaultApplVerId: 'FIX.5.0SP2' },
      validation: { messageFields: false },
      dictionaries: { application: 'FIX50SP2.xml', transport: 'FIXT11.xml' },
    })
    expect(second?.config.schedule).toBeUndefined()
  })

  it('that is wrong is refused by line or name', () => {
    const session = (lines: string) => () =>
      parseSettings(`[SESSION]\nConnectionType=acceptor\nBeginString=FIX.4.4\nSenderCompID=A\n${lines}`).map(
        sessionFromSettings,
      )
    expect(session('TargetCompID=B')()).toHaveLength(1)
    expect(session('')).toThrow('TargetCompID')
    expect(session('TargetCompID=B\nHeartBtInt=soon')).toThrow('HeartBtInt')
    expect(session('TargetCompID=B\nResetOnLogon=yes')).toThrow('ResetOnLogon')
    expect(session('TargetCompID=B\nTimestampPrecision=4')).toThrow('TimestampPrecision')
    expect(session('TargetCompID=B\nConnectionType=both')).toThrow('ConnectionType')
    expect(session('nonsense')).toThrow('line 5')
    expect(() => parseSettings('A=B')).toThrow('line 1')
    expect(() => parseSettings('[OTHER]\nA=B')).toThrow('line 1')
  })

  it('may go without a dictionary', () => {
    const sections = parseSettings(
      `${text}\n[SESSION]\nBeginString=FIX.4.4\nTargetCompID=X\nUseDataDictionary=N\nDataDictionary=x.xml`,
    )
    expect(sections.map(sessionFromSettings).at(-1)?.dictionaries).toEqual({})
  })
})
