/**
 * Measures with the machine's clock, while the system runs on virtual time: from the moment a tick enters the ring to the
 * strategy's handler, and how long `submit` takes. One tick in 16 is measured, so that the measuring stays cheap.
 */
import { type ConnectorHost, LatencyHistogram, type MarketSink, RealTime } from 'tradewire'

const oneIn = 16

/** Clock and histograms. */
export class LatencyProbe {
  readonly tickToHandler = new LatencyHistogram()
  readonly submitCall = new LatencyHistogram()
  readonly #time = new RealTime()
  #ticks = 0
  #publishedNs = 0

  nowNs(): number {
    return this.#time.monotonicNs()
  }

  /** A tick is about to be published. */
  published(): void {
    if (++this.#ticks % oneIn === 0 && this.#publishedNs === 0) this.#publishedNs = this.nowNs()
  }

  /** A tick has reached the handler. */
  arrived(): void {
    if (this.#publishedNs === 0) return
    this.tickToHandler.record(this.nowNs() - this.#publishedNs)
    this.#publishedNs = 0
  }

  /** A connector's surroundings in which ticks are seen on their way into the ring. */
  watch(host: ConnectorHost): ConnectorHost {
    return { ...host, market: this.#watchSink(host.market) }
  }

  #watchSink(ring: MarketSink): MarketSink {
    return {
      publishQuote: (instrument, source, bid, ask, bidSize, askSize, tsEventUs, tsRecvUs, sequence, flags) => {
        this.published()
        return ring.publishQuote(instrument, source, bid, ask, bidSize, askSize, tsEventUs, tsRecvUs, sequence, flags)
      },
      publishTrade: (instrument, source, price, size, aggressor, tsEventUs, tsRecvUs, sequence, tradeId, condition) => {
        this.published()
        return ring.publishTrade(
          instrument,
          source,
          price,
          size,
          aggressor,
          tsEventUs,
          tsRecvUs,
          sequence,
          tradeId,
          condition,
        )
      },
      beginBook: (...book) => ring.beginBook(...book),
      addLevel: (...level) => ring.addLevel(...level),
      addOrder: (...order) => ring.addOrder(...order),
      commitBook: () => ring.commitBook(),
      publishBar: (...bar) => ring.publishBar(...bar),
      publishStatus: (...status) => ring.publishStatus(...status),
      publishNote: (...note) => ring.publishNote(...note),
    }
  }
}
