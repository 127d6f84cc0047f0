const report = stored('report');
const words = stored('words');
const sizing = report.schema.startsWith('handoff-size/');
const hues = ['var(--focus)', 'var(--bad)', 'var(--good)', 'var(--warn)', 'var(--info)', 'var(--soft)'];

const seconds = s => s === undefined ? '' : s.toFixed(3) + ' s';
const name = o => [o.kernel, o.pool.slots ? bytes(o.pool.bytes) : 'no pool', o.pool.areas + (o.pool.areas === 1 ? ' area' : ' areas'), o.pool.forced ? 'forced' : null,
  ...Object.entries(o.masks || {}).map(([d, m]) => `${d} mask ${m}`)].filter(Boolean).join(', ');
const group = o => [o.kernel, sizing ? null : o.pool.areas + (o.pool.areas === 1 ? ' area' : ' areas'), o.pool.forced ? 'forced' : null, ...Object.entries(o.masks || {}).map(([d, m]) => `${d} mask ${m}`)].filter(Boolean).join(', ');

const rows = sizing ? report.curve : [report.recorded, ...report.replays];
let chosen = +new URLSearchParams(location.hash.slice(1)).get('row') || 0;
if (chosen >= rows.length) chosen = 0;

function choose(i) {
  chosen = i;
  history.replaceState(null, '', '#row=' + i);
  document.querySelectorAll('#outcomes tbody tr').forEach((row, at) => { row.classList.toggle('chosen', at === i); row.setAttribute('aria-selected', String(at === i)); });
  document.getElementById('detail').replaceChildren(detail(rows[i]));
}

function tile(title, value, note, tone) {
  return make('div', { class: 'card tile' }, make('span', { class: 'soft' }, title), make('b', { class: tone || null }, value), note ? make('span', {}, note) : null);
}

function tiles() {
  const r = report.recorded, list = [];
  list.push(tile('recorded', r.pool.slots ? bytes(r.pool.bytes) : 'no pool', `${count(r.failures)} of ${count(r.maps)} requests failed`, r.failures ? 'bad' : 'good'));
  list.push(tile('reproduced', r.compared.outcomes ? Math.floor(1000 * r.compared.sameOutcome / r.compared.outcomes) / 10 + ' %' : '–',
    `${count(r.compared.sameOutcome)} of ${count(r.compared.outcomes)} outcomes, ${count(r.compared.sameAddress)} of ${count(r.compared.addresses)} addresses`));
  if (sizing) {
    const s = report.smallest, h = report.withHeadroom;
    list.push(s ? tile(report.unhelped.length ? 'smallest that helps all it can' : 'smallest without failure', bytes(s.pool.bytes), make('code', {}, 'swiotlb=' + s.swiotlb), 'good') : tile('smallest without failure', 'no size helps', null, 'bad'));
    if (h) list.push(tile(`with ${Math.round(report.headroom * 100)} % to spare`, bytes(h.pool.bytes), make('code', {}, 'swiotlb=' + h.swiotlb), 'good'));
    if (report.knee) list.push(tile('knee of the curve', bytes(report.knee.pool.bytes), `${count(report.knee.failures)} failures`));
  } else if (report.replays.length) {
    const best = report.replays.filter(o => o.failures === Math.min(...report.replays.map(x => x.failures))).sort((a, b) => a.pool.bytes - b.pool.bytes)[0];
    list.push(tile('smallest with the fewest failures', bytes(best.pool.bytes), `${count(best.failures)} failures · ${name(best)}`, best.failures ? 'warn' : 'good'));
  }
  return make('div', { class: 'tiles' }, list);
}

// Failures over pool size, one curve per kernel and number of areas; the shaded part is what the load fills at most.
function plot() {
  const points = rows.map((o, i) => ({ o, i })).filter(p => p.o.pool.slots > 0);
  if (new Set(points.map(p => p.o.pool.slots)).size < 2) return null;
  const W = 900, H = 300, L = 64, R = 20, T = 26, B = 44;
  const sizes = points.map(p => Math.log2(p.o.pool.bytes)), low = Math.min(...sizes) - .2, high = Math.max(...sizes) + .2;
  const most = Math.max(1, ...points.map(p => p.o.failures)), water = Math.max(...points.map(p => p.o.highWaterBytes));
  const x = b => L + (Math.log2(b) - low) / (high - low) * (W - L - R), y = f => T + (1 - f / most) * (H - T - B);
  const svg = shape('svg', { class: 'plot', viewBox: `0 0 ${W} ${H}`, role: 'group', 'aria-label': 'Failed requests over the size of the pool' });
  if (water > 0) svg.append(shape('rect', { class: 'water', x: L, y: T, width: Math.max(0, Math.min(W - R, Math.max(L, x(water))) - L), height: H - T - B }));
  for (const share of [0, .5, 1]) {
    const value = Math.round(most * share);
    svg.append(shape('line', { class: 'axis', x1: L, x2: W - R, y1: y(value), y2: y(value) }), shape('text', { x: L - 8, y: y(value) + 4, 'text-anchor': 'end' }, count(value)));
  }
  for (let e = Math.ceil(low), step = Math.max(1, Math.ceil((high - low) / 10)); e <= high; e += step)
    svg.append(shape('text', { x: x(2 ** e), y: H - B + 18, 'text-anchor': 'middle' }, bytes(2 ** e)));
  svg.append(shape('text', { x: (L + W - R) / 2, y: H - 6, 'text-anchor': 'middle' }, 'size of the pool'), shape('text', { x: L, y: 14 }, 'failed requests'));
  const marks = sizing ? [['knee', report.knee], ['smallest', report.smallest], ['with room', report.withHeadroom]] : [['recorded', report.recorded.pool.slots ? report.recorded : null]];
  const used = new Set();
  for (const [word, o] of marks) if (o && !used.has(o.pool.bytes)) {
    used.add(o.pool.bytes);
    svg.append(shape('line', { class: 'mark', x1: x(o.pool.bytes), x2: x(o.pool.bytes), y1: T, y2: H - B }),
      shape('text', { x: x(o.pool.bytes) + 4, y: T + 10 }, marks.filter(m => m[1] && m[1].pool.bytes === o.pool.bytes).map(m => m[0]).join(', ')));
  }
  const groups = [...new Set(points.map(p => group(p.o)))];
  groups.forEach((g, at) => {
    const own = points.filter(p => group(p.o) === g).sort((a, b) => a.o.pool.bytes - b.o.pool.bytes), colour = hues[at % hues.length];
    svg.append(shape('path', { class: 'curve', stroke: colour, d: own.map((p, i) => (i ? 'L' : 'M') + x(p.o.pool.bytes).toFixed(1) + ' ' + y(p.o.failures).toFixed(1)).join('') }));
    for (const p of own) svg.append(shape('circle', { class: 'dot', r: 5.5, fill: colour, cx: x(p.o.pool.bytes), cy: y(p.o.failures), tabindex: 0, role: 'button',
      'aria-label': `${name(p.o)}: ${count(p.o.failures)} failures`, onclick: () => choose(p.i), onkeydown: e => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); choose(p.i); } } },
      shape('title', {}, `${name(p.o)}: ${count(p.o.failures)} failures, fullest ${bytes(p.o.highWaterBytes)}`)));
  });
  return make('section', { class: 'card', 'aria-label': 'Curve' }, svg, make('p', { class: 'legend' },
    groups.map((g, at) => make('span', {}, make('i', { style: 'background:' + hues[at % hues.length] }), g)), water > 0 ? make('span', {}, make('i', { style: 'background:var(--info);opacity:.3' }), 'filled at most') : null));
}

function table() {
  const cells = o => {
    const searches = o.searchesByArea.reduce((a, b) => a + b, 0);
    return [[o.failures ? count(o.failures) : '0', o.failures ? 'n bad' : 'n good'], [bytes(o.highWaterBytes), 'n'], [bytes(o.copiedBytes), 'n'],
      [searches ? (o.searchSteps / searches).toFixed(1) : '', 'n'], [searches ? Math.round(100 * Math.max(...o.searchesByArea) / searches) + ' %' : '', 'n'], [seconds(o.firstFailure), 'n']];
  };
  return make('div', { class: 'scroll' }, make('table', { id: 'outcomes' },
    make('thead', {}, make('tr', {}, ['configuration', 'failures', 'fullest', 'copied', 'steps a search', 'busiest area', 'first failure'].map((h, i) => make('th', { scope: 'col', class: i ? 'n' : null }, h)))),
    make('tbody', {}, rows.map((o, i) => make('tr', { class: i === chosen ? 'chosen' : null, onclick: () => choose(i) },
      make('th', { scope: 'row' }, make('button', { onclick: () => choose(i) }, (!sizing && i === 0 ? 'recorded: ' : '') + name(o))), cells(o).map(([text, kind]) => make('td', { class: kind }, text)))))));
}

function failures(list) {
  return make('ul', {}, list.map(f => make('li', {}, `${f.device}: ${count(f.requests)} request${f.requests === 1 ? '' : 's'} up to ${bytes(f.largestBytes)}, from ${seconds(f.first)}: ${(words[f.cause] || {}).why || f.cause}`,
    f.region ? ` (region ${f.region})` : '', words[f.cause] ? make('span', { class: 'soft' }, ' — ' + words[f.cause].cure) : null)));
}

function detail(o) {
  return make('div', { class: 'card' }, make('h3', {}, name(o)),
    o.swiotlb ? make('p', {}, 'boot with ', make('code', {}, 'swiotlb=' + o.swiotlb)) : null,
    make('p', {}, `${count(o.maps)} mappings, ${count(o.bounced)} bounced in ${count(o.copies)} copies; ${count(o.retries)} retries, ${count(o.recovered)} of them served.`),
    o.failuresByCause.length ? failures(o.failuresByCause) : make('p', { class: 'good' }, 'Every request was served.'));
}

main.replaceChildren(...[tiles(),
  sizing && report.unhelped.length ? make('div', { class: 'card' }, make('h3', {}, 'No size helps against'), failures(report.unhelped)) : null,
  plot(), make('h2', {}, 'Outcomes'), table(), make('div', { id: 'detail', 'aria-live': 'polite' }, detail(rows[chosen])),
  report.load.assumptions.length ? make('div', { class: 'card soft' }, make('h3', {}, 'Assumed'), make('ul', {}, report.load.assumptions.map(a => make('li', {}, a)))) : null].filter(Boolean));
