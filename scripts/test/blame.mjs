import asyncHooks, { AsyncLocalStorage } from 'node:async_hooks';

// Load this before node:test, which takes these functions when it is loaded.

/**
 * node:test finds the test whose callback threw an error by a hook that V8 calls for each promise: a fifth of a run's processor time.
 * This gives it the same answer from AsyncLocalStorage, which costs nothing where Node keeps its state in the engine (24 or newer).
 */
async function findTestsWithoutHook() {
  const { createHook, executionAsyncId, AsyncResource } = asyncHooks;
  const running = new AsyncLocalStorage();
  let noteTest = () => {};
  class TestResource extends AsyncResource {
    constructor(...args) {
      super(...args);
      noteTest(this.asyncId(), 'Test', 0, this);
    }
    runInAsyncScope(run, self, ...args) {
      return super.runInAsyncScope(() => running.run(this.asyncId(), () => run.apply(self, args)));
    }
  }
  const noHook = { enable: () => noHook, disable: () => noHook };
  Object.assign(asyncHooks, {
    AsyncResource: TestResource,
    executionAsyncId: () => running.getStore() ?? executionAsyncId(),
    createHook({ init }) {
      noteTest = init;
      return noHook;
    },
  });
  await import('node:test');
  Object.assign(asyncHooks, { createHook, executionAsyncId, AsyncResource });
}

if (Number(process.versions.node.split('.')[0]) >= 24) await findTestsWithoutHook();
