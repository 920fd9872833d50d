import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import { withQuery } from '../../oauth/parameters.ts';
import type { Urls } from '../../service.ts';
import type { ResponseMode } from '../model/authorization-request.ts';
import { partyOf, type RelyingParty } from '../model/relying-party.ts';
import { formPostPage } from '../pages/form-post.ts';
import { goingOnPage } from '../pages/frame.ts';
import { filled } from '../text/filled.ts';
import { words } from '../text/words.ts';

/** Where an authorization response goes. */
export interface ReplyTarget {
  client: RelyingParty;
  redirectUri: string;
  responseMode: ResponseMode;
  state: string | null;
}

/** How an authorization request is answered once client and address are known. */
export interface Reply {
  /** The authorization response with its code (RFC 6749 section 4.1.2, RFC 9207 section 2). */
  succeed(code: string, scope: readonly string[]): Answer;
  /** The error response; the private detail goes to the log (RFC 6749 section 4.1.2.1). */
  fail(refusal: Refusal): Answer;
}

export interface ReplyFrame {
  issuer: string;
  development: boolean;
  log: Log;
  recorder: Recorder;
  urls: Urls;
}

/** Makes the way back to one client for one request of the browser. */
export function replyTo(frame: ReplyFrame, target: ReplyTarget, request: HttpRequest): Reply {
  const { redirectUri, responseMode, client } = target;
  const state = target.state ?? undefined;
  const send = (parameters: Record<string, string | undefined>): Answer => {
    if (responseMode === 'form_post')
      return formPostPage(redirectUri, parameters, client.application.name, frame.development);
    const to = withQuery(redirectUri, parameters);
    // A form of ours may not lead to another origin by redirect, so its answer is a page that goes on.
    if (request.method === 'POST')
      return goingOnPage({
        title: filled(words.common.goingBack, { application: client.application.name }),
        development: frame.development,
        to,
      });
    return redirect(to);
  };
  return {
    succeed: (code, scope) =>
      send({
        code,
        state,
        iss: frame.issuer,
        // Relying parties of the published service see these two as well.
        ...(client.registration.profile === 'nhs'
          ? { scope: scope.join(' '), client_id: client.registration.clientId }
          : {}),
      }),
    fail: (refusal) => {
      const { entry } = refusal;
      frame.recorder.record({
        keys: [target.state ?? ''],
        from: 'cis2',
        to: partyOf(client.registration, frame.urls),
        name: 'cis2.code',
        outcome: 'refused',
        detail: { client: client.application.name, error: entry.id },
      });
      const parameters = {
        error: entry.code,
        error_description: entry.description,
        state,
        iss: frame.issuer,
      };
      return send(parameters).with({ 'x-request-id': request.id }).refusing(refusal);
    },
  };
}
