/**
 * Compiled in a project that installed the tarball, as ESM and CommonJS under node16 and under bundler resolution.
 * scripts/package-test.ts adds an import of each entry point.
 */
import { type ErrorCode, TradewireError } from 'tradewire'

const code: ErrorCode = 'TW_TIMEOUT'
const error: Error = new TradewireError(code, 'a message', { details: { timeoutMs: 5 } })
if (error instanceof TradewireError) {
  const retryable: boolean = error.retryable
  console.log(retryable)
}

// @ts-expect-error: codes are a closed set, so the types really are there and not `any`.
const wrong: ErrorCode = 'TW_NO_SUCH_CODE'
console.log(wrong)
