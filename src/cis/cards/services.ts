import type { Recorder } from '@alongside/kernel/events';
import type { AuditLog } from '../../storage/audit.ts';
import type { Directory } from '../directory/directory.ts';
import type { Call, ServiceSecrets } from '../endpoint.ts';
import type { CardExaminer } from '../examination/examiner.ts';
import type { Authorities } from '../issuing-authority/authority.ts';
import type { CardCertificates } from '../issuing-authority/card-certificates.ts';
import type { CertificateRecords } from '../issuing-authority/certificate-records.ts';
import type { CisNetworkLimits, cisLimits, Limiter } from '../limits.ts';
import type { Mails } from '../mail/mails.ts';
import type { ProofDependencies } from '../sessions/agent-calls.ts';
import type { Challenges } from '../sessions/challenge.ts';
import type { Endings } from '../sessions/endings.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { SigningCertificates } from '../signing/signing-certificates.ts';
import type { Cards } from './cards.ts';
import type { PositionCodes } from './positions.ts';
import type { UnlockCodes } from './unlock-codes.ts';

/** The services and settings for cards. */
export interface CardServices extends ProofDependencies {
  cards: Cards;
  codes: UnlockCodes;
  examiner: CardExaminer;
  authorities: Authorities;
  certificates: CardCertificates;
  signingCertificates: SigningCertificates;
  records: CertificateRecords;
  directory: Directory;
  sessions: Sessions;
  endings: Endings;
  challenges: Challenges;
  mails: Mails;
  limiter: Limiter;
  limits: typeof cisLimits;
  networks: CisNetworkLimits;
  recorder: Recorder;
  audit: AuditLog;
  serviceSecrets: ServiceSecrets;
  positions: PositionCodes;
  /** Whether virtual cards may be issued. */
  virtualCards: boolean;
  /** In development, cards need no order and have the published unblocking code by default. */
  development: boolean;
  /** Whether holders may unlock their cards with a mailed code. */
  selfService: boolean;
}

export type CardCall = Call<CardServices>;
