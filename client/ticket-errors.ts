import { ClientError } from './errors.ts';
import { printable } from './secrets.ts';

/** The subject of an error of the Identity Agent. */
export type TicketErrorGroup = 'GENERIC' | 'CARD_DEVICE' | 'AUTHENTICATION' | 'CONFIG' | 'WINDOWS';

/** An error of the Identity Agent, with its number and name in the ticket interface. */
export interface TicketErrorEntry {
  /** Group and number as one unsigned 32-bit value. */
  code: number;
  /** `TCK_API_ERR_` and the code. */
  name: string;
  group: TicketErrorGroup;
}

const GROUPS: Record<TicketErrorGroup, number> = {
  GENERIC: 0x80100000,
  CARD_DEVICE: 0x80200000,
  AUTHENTICATION: 0x80400000,
  CONFIG: 0x80800000,
  WINDOWS: 0x81000000,
};

/** The codes of each group in numerical order, starting at 1. */
const WORDS: Record<Exclude<TicketErrorGroup, 'WINDOWS'>, readonly string[]> = {
  GENERIC: [
    'INTERNAL',
    'NOT_INITIALIZED',
    'INVALID_PARAMETER',
    'BUFFER_TOO_SMALL',
    'INVALID_INSTANCE_HANDLE',
    'SERVER_BUSY',
    'SERVER_COMM_FAILED',
    'RESOURCE_ALLOCATION_FAILED',
    'TICKET_NOT_AVAILABLE',
    'INTERNAL_ERROR',
    'NOT_IMPLEMENTED',
  ],
  CARD_DEVICE: [
    'SMARTCARD_NOT_SUPPORTED',
    'READER_NOT_AVAILABLE',
    'SMARTCARD_NOT_VALID',
    'PIN_BLOCKED',
    'CARD_TRANSACTION_FAILED',
    'NO_CERT_FOUND',
    'NO_KEY_FOUND',
  ],
  AUTHENTICATION: [
    'USER_ABORT',
    'AUTHENTICATION_FAILED',
    'AUTHENTICATION_NOT_POSSIBLE',
    'USER_NOT_VALID',
    'AUTHSERVER_NOT_AVAILABLE',
    'AUTHDATA_SYNTAX_ERROR',
    'AUTH_NOT_VALID',
    'AUTHMETHOD_NOT_SUPPORTED',
  ],
  CONFIG: [
    'VERSION_CONFLICT',
    'NOT_INSTALLED',
    'NO_SERVERFOUND',
    'LOAD_RES_FAILED',
    'AUTHMETHOD_NOT_AVAILABLE',
    'AUTHMETHOD_NOT_POSSIBLE',
    'RESOURCE_NOT_AVAILABLE',
  ],
};

/** Every error of the ticket interface. The group WINDOWS has the system's own numbers. */
export const TICKET_ERRORS: readonly TicketErrorEntry[] = (
  Object.entries(WORDS) as [Exclude<TicketErrorGroup, 'WINDOWS'>, readonly string[]][]
).flatMap(([group, words]) =>
  words.map((word, index) => ({
    code: (GROUPS[group] | (index + 1)) >>> 0,
    name: `TCK_API_ERR_${word}`,
    group,
  })),
);

/** A refusal by the Identity Agent; decide by `ticketError` (`TCK_API_ERR_PIN_BLOCKED`) or `group`. */
export class AgentError extends ClientError {
  /** Unsigned 32-bit group and number; a JSON-RPC error keeps its own (negative) number. */
  readonly number: number;
  readonly ticketError: string | undefined;
  readonly group: TicketErrorGroup | undefined;

  constructor(error: { code: number; message: string; name?: string }) {
    super('agent', printable(error.message), { received: error.name && printable(error.name) });
    this.name = 'AgentError';
    const unsigned = error.code >>> 0;
    const entry = TICKET_ERRORS.find(({ code, name }) => code === unsigned || name === error.name);
    const group = (Object.keys(GROUPS) as TicketErrorGroup[]).find(
      (name) => (unsigned & 0xfff00000) >>> 0 === GROUPS[name],
    );
    this.group = entry?.group ?? (isRpcError(error.code) ? undefined : group);
    this.number = entry?.code ?? (this.group ? unsigned : error.code);
    this.ticketError = entry?.name;
  }
}

// JSON-RPC 2.0 section 5.1 reserves -32768 to -32000.
function isRpcError(code: number): boolean {
  return code <= -32_000 && code >= -32_768;
}
