import { Socket } from 'node:net';
import { runHere } from './entry.mjs';

/** The entry of the child that `launch` starts: `child.mjs FILE [ARGUMENT...]`, with a pipe from its parent as descriptor 3. */
const [file, ...args] = process.argv.slice(2);
endWithParent();
runHere(file, args);

/** Ends this process when its parent was killed with SIGKILL. */
function endWithParent() {
  const parent = new Socket({ fd: 3, readable: true, writable: false });
  parent.on('error', () => {});
  parent.on('close', () => process.kill(process.pid, 'SIGKILL'));
  parent.resume();
  parent.unref();
}
