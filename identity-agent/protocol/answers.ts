// The responses of the agent on its socket, as schemas. Only the console loads them: the agent does not need Zod.
import { z } from 'zod';

/** `status` on the local socket. */
export const agentStatus = z
  .strictObject({
    version: z.string(),
    /**
     * `noCard`: no user is signed in and no prompt is open; in the newer generation a card may still be inserted.
     */
    state: z.enum([
      'noCard',
      'pinRequested',
      'roleRequested',
      'signedIn',
      'locked',
      'blocked',
      'cardRejected',
    ]),
    mode: z.string(),
    generation: z.string(),
    agentId: z.string(),
    /** The card in the reader, and the expiry of its certificate (ISO time; null if unreadable). */
    card: z
      .strictObject({
        serial: z.string(),
        persona: z.string().nullable(),
        name: z.string(),
        certificateEnds: z.string().nullable(),
        /** Whether the certificate expires within 90 days and can be renewed. */
        renewalDue: z.boolean(),
      })
      .nullable(),
    person: z.strictObject({ uid: z.string(), displayName: z.string() }).nullable(),
    role: z
      .strictObject({ roleId: z.string(), roleName: z.string(), orgCode: z.string(), orgName: z.string() })
      .nullable(),
    roles: z.array(
      z.strictObject({
        roleId: z.string(),
        roleName: z.string(),
        roleCode: z.string(),
        orgCode: z.string(),
        orgName: z.string(),
      }),
    ),
    attemptsLeft: z.number().nullable(),
    /** The open prompt: `pin`, `role`, `signature` (whether to sign documents), or none. */
    question: z.enum(['pin', 'role', 'signature']).nullable(),
    /** Number of the documents that a page wants signed; null unless the prompt is `signature`. */
    documents: z.number().nullable(),
    /** Origin of that page; null unless the prompt is `signature`. */
    from: z.string().nullable(),
    /** Why the session waits for the PIN (`card`: it was removed; `screen`; `time`: the last PIN is too old), and until when. */
    lock: z.strictObject({ reason: z.enum(['card', 'screen', 'time']), endsAt: z.string() }).nullable(),
    /** ISO time at which the session locks unless the user enters the PIN before; null if a PIN does not expire. */
    pinAgainAt: z.string().nullable(),
    /** Why a card was rejected or is blocked, in a sentence for the user. */
    reason: z.string().nullable(),
    /** The same as a code for programs. */
    problem: z.enum(['card_blocked', 'card_rejected', 'no_role']).nullable(),
    /** The exact reason for a rejected card: the error of CIS, such as `certificate_expired`, or of the card itself. */
    refusal: z.string().nullable(),
  })
  .meta({ id: 'AgentStatus' });
export type AgentStatus = z.output<typeof agentStatus>;
export type AgentState = AgentStatus['state'];

/** The documents that a page wants signed, as `question` on the local socket returns them. */
export const signatureQuestion = z
  .strictObject({
    question: z.literal('signature'),
    /** Names this question in the answer, so that a PIN is used for no other. */
    id: z.string(),
    from: z.string(),
    documents: z.number(),
    algorithm: z.enum(['RS256', 'RS1']),
    /** SHA-256 of each document, hexadecimal. */
    digests: z.array(z.string()),
  })
  .meta({ id: 'SignatureQuestion' });
export type SignatureQuestionAnswer = z.output<typeof signatureQuestion>;

/** A virtual card, as `listCards` and the calls that change cards return it. */
export const socketCard = z
  .strictObject({
    serial: z.string(),
    persona: z.string().nullable(),
    uid: z.string(),
    name: z.string(),
    series: z.string(),
    keyType: z.string(),
    profile: z.string(),
    pinTriesLeft: z.number(),
    pukTriesLeft: z.number(),
    /** Whether no PIN attempts are left. */
    locked: z.boolean(),
    /** Whether it is in the reader. */
    inserted: z.boolean(),
  })
  .meta({ id: 'VirtualCard' });
export type SocketCard = z.output<typeof socketCard>;
