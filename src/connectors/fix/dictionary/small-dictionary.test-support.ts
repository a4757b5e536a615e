/** A dictionary small enough to see at a glance: header and trailer, an order with nested groups, a message with data. */
import { FixDictionary } from './dictionary.js'
import { parseQuickFixXml } from './quickfix-xml.js'

/** Text of the dictionary. */
export const smallXml = `<?xml version="1.0"?>
<!-- a comment -->
<fix type='FIX' major='4' minor='4' servicepack='0'>
 <header>
  <field name='BeginString' required='Y'/><field name='BodyLength' required='Y'/><field name='MsgType' required='Y'/>
  <field name='SenderCompID' required='Y'/><field name='MsgSeqNum' required='Y'/><field name='PossDupFlag' required='N'/>
  <group name='NoHops' required='N'><field name='HopCompID' required='Y'/></group>
 </header>
 <messages>
  <message name='Heartbeat' msgtype='0' msgcat='admin'><field name='TestReqID' required='N'/></message>
  <message name='Order' msgtype='D' msgcat='app'>
   <field name='ClOrdID' required='Y'/><component name='Parties' required='N'/><component name='Instrument' required='Y'/>
   <field name='Side' required='Y'/><field name='OrderQty' required='N'/><field name='Price' required='N'/>
   <field name='ExecInst' required='N'/><field name='SecurityType' required='N'/><field name='TransactTime' required='N'/>
   <field name='RawDataLength' required='N'/><field name='RawData' required='N'/><field name='Text' required='N'/>
  </message>
 </messages>
 <trailer><field name='SignatureLength' required='N'/><field name='Signature' required='N'/><field name='CheckSum' required='Y'/></trailer>
 <components>
  <component name='Instrument'><field name='Symbol' required='Y'/></component>
  <component name='Parties'>
   <group name='NoPartyIDs' required='N'>
    <field name='PartyID' required='N'/><field name='PartyRole' required='N'/><field name='Text' required='N'/>
    <group name='NoPartySubIDs' required='N'><field name='PartySubID' required='Y'/><field name='PartySubIDType' required='Y'/></group>
   </group>
  </component>
 </components>
 <fields>
  <field number='8' name='BeginString' type='STRING'/><field number='9' name='BodyLength' type='LENGTH'/>
  <field number='10' name='CheckSum' type='STRING'/><field number='34' name='MsgSeqNum' type='SEQNUM'/>
  <field number='35' name='MsgType' type='STRING'><value enum='0' description='x'/></field>
  <field number='49' name='SenderCompID' type='STRING'/><field number='43' name='PossDupFlag' type='BOOLEAN'/>
  <field number='627' name='NoHops' type='NUMINGROUP'/><field number='628' name='HopCompID' type='STRING'/>
  <field number='112' name='TestReqID' type='STRING'/><field number='11' name='ClOrdID' type='STRING'/>
  <field number='54' name='Side' type='CHAR'><value enum='1'/><value enum='2'/></field>
  <field number='38' name='OrderQty' type='QTY'/><field number='44' name='Price' type='PRICE'/>
  <field number='18' name='ExecInst' type='MULTIPLECHARVALUE'><value enum='1'/><value enum='G'/></field>
  <field number='167' name='SecurityType' type='STRING'><value enum='CS'/><value enum='FUT'/><value enum='?'/></field>
  <field number='60' name='TransactTime' type='UTCTIMESTAMP'/><field number='55' name='Symbol' type='STRING'/>
  <field number='95' name='RawDataLength' type='LENGTH'/><field number='96' name='RawData' type='DATA'/>
  <field number='58' name='Text' type='STRING'/><field number='93' name='SignatureLength' type='LENGTH'/>
  <field number='89' name='Signature' type='DATA'/><field number='453' name='NoPartyIDs' type='NUMINGROUP'/>
  <field number='448' name='PartyID' type='STRING'/><field number='452' name='PartyRole' type='INT'><value enum='1'/><value enum='11'/></field>
  <field number='802' name='NoPartySubIDs' type='NUMINGROUP'/><field number='523' name='PartySubID' type='STRING'/>
  <field number='803' name='PartySubIDType' type='INT'/><field number='5001' name='Known' type='STRING'/>
 </fields>
</fix>`

/** The dictionary. */
export const smallDictionary = (): FixDictionary => new FixDictionary(parseQuickFixXml(smallXml))
