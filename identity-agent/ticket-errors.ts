/** Groups of the Ticket API's error numbers: the upper bits. */
const ticketErrorGroups = {
  GENERIC: 0x8010_0000,
  CARD_DEVICE: 0x8020_0000,
  AUTHENTICATION: 0x8040_0000,
  CONFIG: 0x8080_0000,
  WINDOWS: 0x8100_0000,
} as const;

export type TicketErrorGroup = keyof typeof ticketErrorGroups;

/** The published errors of the Ticket API, by group and number. Success is 0. */
const table = {
  GENERIC: {
    INTERNAL: [0x1, 'Something went wrong in the Identity Agent.'],
    NOT_INITIALIZED: [0x2, 'The interface was not initialised.'],
    INVALID_PARAMETER: [0x3, 'A parameter is missing or wrong.'],
    BUFFER_TOO_SMALL: [0x4, 'The buffer of the caller is too small.'],
    INVALID_INSTANCE_HANDLE: [0x5, 'There is no such instance.'],
    SERVER_BUSY: [0x6, 'The Identity Agent is busy.'],
    SERVER_COMM_FAILED: [0x7, 'The Identity Agent does not answer.'],
    RESOURCE_ALLOCATION_FAILED: [0x8, 'The Identity Agent ran out of memory.'],
    TICKET_NOT_AVAILABLE: [0x9, 'No user is signed in.'],
    INTERNAL_ERROR: [0xa, 'Something went wrong in the Identity Agent.'],
    NOT_IMPLEMENTED: [0xb, 'The Identity Agent does not offer this.'],
  },
  CARD_DEVICE: {
    SMARTCARD_NOT_SUPPORTED: [0x1, 'The card is of a kind that cannot be used.'],
    READER_NOT_AVAILABLE: [0x2, 'There is no card reader.'],
    SMARTCARD_NOT_VALID: [0x3, 'The card was refused.'],
    PIN_BLOCKED: [0x4, 'The PIN of the card is blocked.'],
    CARD_TRANSACTION_FAILED: [0x5, 'The card did not do what was asked.'],
    NO_CERT_FOUND: [0x6, 'There is no certificate on the card.'],
    NO_KEY_FOUND: [0x7, 'There is no key on the card.'],
  },
  AUTHENTICATION: {
    USER_ABORT: [0x1, 'The person did not sign in.'],
    AUTHENTICATION_FAILED: [0x2, 'The sign-in failed.'],
    AUTHENTICATION_NOT_POSSIBLE: [0x3, 'Nobody can sign in now.'],
    USER_NOT_VALID: [0x4, 'The person may not sign in.'],
    AUTHSERVER_NOT_AVAILABLE: [0x5, 'The sign-in service does not answer.'],
    AUTHDATA_SYNTAX_ERROR: [0x6, 'The sign-in service answered something that cannot be read.'],
    AUTH_NOT_VALID: [0x7, 'The sign-in is not valid.'],
    AUTHMETHOD_NOT_SUPPORTED: [0x8, 'This way to sign in is not supported.'],
  },
  CONFIG: {
    VERSION_CONFLICT: [0x1, 'Interface and Identity Agent have versions that do not fit.'],
    NOT_INSTALLED: [0x2, 'The Identity Agent is not installed.'],
    NO_SERVERFOUND: [0x3, 'No sign-in service is configured.'],
    LOAD_RES_FAILED: [0x4, 'A part of the Identity Agent could not be loaded.'],
    AUTHMETHOD_NOT_AVAILABLE: [0x5, 'This way to sign in is not available.'],
    AUTHMETHOD_NOT_POSSIBLE: [0x6, 'This way to sign in is not possible here.'],
    RESOURCE_NOT_AVAILABLE: [0x7, 'Something that the Identity Agent needs is not there.'],
  },
  WINDOWS: {},
} as const satisfies Record<TicketErrorGroup, Record<string, readonly [number: number, description: string]>>;

type NamesOf<G> = G extends TicketErrorGroup ? Extract<keyof (typeof table)[G], string> : never;
export type TicketErrorName = NamesOf<TicketErrorGroup>;

export interface TicketError {
  /** `TCK_API_ERR_...`. */
  name: string;
  group: TicketErrorGroup;
  /** Within the group. */
  number: number;
  /** Group plus number, unsigned. */
  code: number;
  /** Description for people. */
  description: string;
}

/** All errors by name without the prefix. */
export const ticketErrors = Object.fromEntries(
  (Object.keys(table) as TicketErrorGroup[]).flatMap((group) =>
    Object.entries(table[group] as Record<string, readonly [number, string]>).map(
      ([name, [number, description]]): [string, TicketError] => [
        name,
        { name: `TCK_API_ERR_${name}`, group, number, code: ticketErrorGroups[group] + number, description },
      ],
    ),
  ),
) as Record<TicketErrorName, TicketError>;

/** Returns the error of a code, unsigned or as the signed 32-bit number of old programs. */
export const ticketErrorOf = (code: number): TicketError | undefined =>
  Object.values(ticketErrors).find((error) => error.code === code >>> 0);
