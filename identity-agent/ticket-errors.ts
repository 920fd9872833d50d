/** Groups of the Ticket API's error numbers: the upper bits. */
const ticketErrorGroups = {
  GENERIC: 0x8010_0000,
  CARD_DEVICE: 0x8020_0000,
  AUTHENTICATION: 0x8040_0000,
  CONFIG: 0x8080_0000,
  WINDOWS: 0x8100_0000,
} as const;

export type TicketErrorGroup = keyof typeof ticketErrorGroups;

/** The published errors of the Ticket API, by group and number within it. Success is 0. */
const table = {
  GENERIC: {
    INTERNAL: 0x1,
    NOT_INITIALIZED: 0x2,
    INVALID_PARAMETER: 0x3,
    BUFFER_TOO_SMALL: 0x4,
    INVALID_INSTANCE_HANDLE: 0x5,
    SERVER_BUSY: 0x6,
    SERVER_COMM_FAILED: 0x7,
    RESOURCE_ALLOCATION_FAILED: 0x8,
    TICKET_NOT_AVAILABLE: 0x9,
    INTERNAL_ERROR: 0xa,
    NOT_IMPLEMENTED: 0xb,
  },
  CARD_DEVICE: {
    SMARTCARD_NOT_SUPPORTED: 0x1,
    READER_NOT_AVAILABLE: 0x2,
    SMARTCARD_NOT_VALID: 0x3,
    PIN_BLOCKED: 0x4,
    CARD_TRANSACTION_FAILED: 0x5,
    NO_CERT_FOUND: 0x6,
    NO_KEY_FOUND: 0x7,
  },
  AUTHENTICATION: {
    USER_ABORT: 0x1,
    AUTHENTICATION_FAILED: 0x2,
    AUTHENTICATION_NOT_POSSIBLE: 0x3,
    USER_NOT_VALID: 0x4,
    AUTHSERVER_NOT_AVAILABLE: 0x5,
    AUTHDATA_SYNTAX_ERROR: 0x6,
    AUTH_NOT_VALID: 0x7,
    AUTHMETHOD_NOT_SUPPORTED: 0x8,
  },
  CONFIG: {
    VERSION_CONFLICT: 0x1,
    NOT_INSTALLED: 0x2,
    NO_SERVERFOUND: 0x3,
    LOAD_RES_FAILED: 0x4,
    AUTHMETHOD_NOT_AVAILABLE: 0x5,
    AUTHMETHOD_NOT_POSSIBLE: 0x6,
    RESOURCE_NOT_AVAILABLE: 0x7,
  },
  WINDOWS: {},
} as const satisfies Record<TicketErrorGroup, Record<string, number>>;

type NamesOf<G> = G extends TicketErrorGroup ? Extract<keyof (typeof table)[G], string> : never;
export type TicketErrorName = NamesOf<TicketErrorGroup>;

/** One error of the Ticket API. */
export interface TicketError {
  /** `TCK_API_ERR_...`. */
  name: string;
  group: TicketErrorGroup;
  /** Within the group. */
  number: number;
  /** Group and number together, unsigned. */
  code: number;
}

/** All errors by their name without its prefix. */
export const ticketErrors = Object.fromEntries(
  (Object.keys(table) as TicketErrorGroup[]).flatMap((group) =>
    Object.entries(table[group]).map(([name, number]): [string, TicketError] => [
      name,
      { name: `TCK_API_ERR_${name}`, group, number, code: ticketErrorGroups[group] + number },
    ]),
  ),
) as Record<TicketErrorName, TicketError>;
