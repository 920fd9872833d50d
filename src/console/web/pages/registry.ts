import type { ConsolePage } from '../frame/page.ts';
import { administratorPage, administratorsPage } from './administrators/page.ts';
import { apiPage } from './api/page.ts';
import { apisPage } from './apis/page.ts';
import { applicationPage } from './applications/application.ts';
import { applicationsPage, newApplicationPage } from './applications/list.ts';
import { approvalsPage } from './approvals/page.ts';
import { auditListPage, auditRecordPage } from './audit/page.ts';
import { buildCallbackPage } from './build/callback-page.ts';
import { buildPage } from './build/page.ts';
import { cardPage } from './cards/card.ts';
import { cardsPage } from './cards/list.ts';
import { clockPage } from './clock/page.ts';
import { comparePage } from './compare/page.ts';
import { dataPage } from './data/page.ts';
import { deskPage } from './desk/page.ts';
import { developerPage, developersPage } from './developers/page.ts';
import { errorPage } from './errors/page.ts';
import { explainPage } from './explain/page.ts';
import { faultsPage } from './faults/page.ts';
import { healthPage } from './health/page.ts';
import { journeyPage } from './journey/page.ts';
import { journeysPage } from './journeys/page.ts';
import { keysPage } from './keys/page.ts';
import { mailPage, oneMailPage } from './mail/page.ts';
import { organisationsPage } from './organisations/page.ts';
import { overviewPage } from './overview/page.ts';
import { patientsPage } from './patients/page.ts';
import { peoplePage } from './people/list.ts';
import { newPersonPage, personPage } from './people/person.ts';
import { productPage, productsPage } from './products/page.ts';
import { runbooksPage } from './runbooks/page.ts';
import { searchPage } from './search/page.ts';
import { sessionsPage } from './sessions/page.ts';

/** All pages, in the order of the navigation. */
export const consolePages: readonly ConsolePage[] = [
  overviewPage,
  journeysPage,
  comparePage,
  journeyPage,
  explainPage,
  buildPage,
  deskPage,
  faultsPage,
  clockPage,
  mailPage,
  oneMailPage,
  patientsPage,
  dataPage,
  sessionsPage,
  keysPage,
  auditListPage,
  auditRecordPage,
  healthPage,
  runbooksPage,
  buildCallbackPage,
  administratorsPage,
  administratorPage,
  approvalsPage,
  applicationsPage,
  newApplicationPage,
  applicationPage,
  productsPage,
  productPage,
  apisPage,
  developersPage,
  developerPage,
  peoplePage,
  newPersonPage,
  personPage,
  cardsPage,
  cardPage,
  organisationsPage,
  apiPage,
  searchPage,
  errorPage,
];
