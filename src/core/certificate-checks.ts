/** Whether certificates are checked at all in this process. */

/**
 * Whether the environment switches the check of certificates off for the whole process (`NODE_TLS_REJECT_UNAUTHORIZED=0`).
 * Connections of this library check all the same; those of the host, and of libraries it uses, do not.
 */
export function areCertificatesIgnored(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return env.NODE_TLS_REJECT_UNAUTHORIZED === '0'
}
