// What a browser tells of a load: paints, long tasks, shifts (web.dev/articles/vitals), and which scripts it fetched.
(() => {
  const told = { "first-contentful-paint": 0, "largest-contentful-paint": 0, blocked: 0, shift: 0 };
  const observe = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe("paint", ({ name, startTime }) => {
    told[name] = startTime;
  });
  observe("largest-contentful-paint", ({ entryType, startTime }) => {
    told[entryType] = startTime;
  });
  observe("longtask", ({ duration }) => {
    told.blocked += duration - 50;
  });
  observe("layout-shift", ({ value, hadRecentInput }) => {
    if (!hadRecentInput) told.shift += value;
  });
  window.vitals = () => ({
    first_paint: told["first-contentful-paint"],
    largest_paint: told["largest-contentful-paint"],
    blocked: told.blocked,
    shift: told.shift,
    scripts: performance
      .getEntriesByType("resource")
      .map(({ name }) => new URL(name).pathname)
      .filter((path) => path.startsWith("/assets/") && path.endsWith(".js"))
      .map((path) => path.slice("/assets/".length)),
  });
})();
