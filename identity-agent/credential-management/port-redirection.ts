import { type Answer, json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import { steps } from '@alongside/kernel/steps';
import { errors } from '../errors.ts';
import { checkPeerUser } from '../handoff/guard.ts';
import { checkOrigin, type WireCall } from './wire-call.ts';

// The port redirection service tells a page where the agent of its user listens. Here that is the port which the page has called.

/** A fault in the forms of the current and of the older library. */
const fault = (code: string, message: string): Answer =>
  json(200, { faultException: { code, message }, FaultException: { Code: code, Message: message } });

const unavailable = (): Answer => fault('PR20002', 'Port redirection service is unavailable');
const otherUser = (): Answer =>
  fault('PR30007', 'Request failed due to unknown exception. Exception=Unable to find CM process for user');

const answerPort = ({ wire, port }: WireCall): Answer =>
  wire.isStopping ? unavailable() : json(200, { portData: { portNumber: port } });

const connect = ({ wire }: WireCall): Answer =>
  wire.isStopping ? unavailable() : json(200, { statusCode: '200' });

const getPort = steps<WireCall>('identity-agent.get-port-number')
  .step(checkOrigin)
  .step(checkPeerUser)
  .step(answerPort);
const connectService = steps<WireCall>('identity-agent.connect-port-service')
  .step(checkOrigin)
  .step(checkPeerUser)
  .step(connect);

/** Runs a request; another user of this machine has no agent here, which is a fault of its own on this wire. */
const forAnyUser =
  (list: { run(call: WireCall): Promise<Answer> }) =>
  async (call: WireCall): Promise<Answer> => {
    try {
      return await list.run(call);
    } catch (thrown) {
      if (thrown instanceof Refusal && thrown.entry === errors.anotherUser.entry)
        return otherUser().refusing(thrown);
      throw thrown;
    }
  };

/** `GET /PRS/GetPortNumber`. */
export const getPortNumber = forAnyUser(getPort);
/** `GET /PRS/ConnectPRService`, which the older library calls first. */
export const connectPortService = forAnyUser(connectService);
