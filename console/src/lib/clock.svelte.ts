// What time is it for everything that says "2 min ago"? One clock, that ticks when somebody may see it.

const EVERY_MS = 10_000;

class Clock {
  now = $state(Date.now());

  constructor() {
    setInterval(() => (this.now = Date.now()), EVERY_MS);
    document.addEventListener('visibilitychange', () => (this.now = Date.now()));
  }
}

export const clock = new Clock();
