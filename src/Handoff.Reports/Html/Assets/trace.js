const report = stored('report');
const lives = stored('lives');
const rec = report.recording, length = Math.max(1, rec.end - rec.start), ns = rec.timeUnit === 'nanosecond';

function span(t) {
  if (!ns) return count(Math.round(t)) + ' ticks';
  for (const [unit, size] of [['s', 1e9], ['ms', 1e6], ['µs', 1e3]]) if (Math.abs(t) >= size) return (t / size).toPrecision(t / size >= 100 ? 4 : 3) + ' ' + unit;
  return Math.round(t) + ' ns';
}
const moment = t => ns ? (t / 1e9).toFixed(6) + ' s' : count(Math.round(t)) + ' ticks';
const label = name => { const d = report.devices.find(x => x.name === name); return d && d.driver ? d.driver + ' ' + name : name; };

function tiles() {
  const wrong = report.findings.filter(f => f.wrong).length, failed = report.devices.reduce((n, d) => n + d.failedMaps + d.failedLists + d.failedAllocations, 0);
  const maps = report.devices.reduce((n, d) => n + d.singleMaps + d.listMaps + d.resourceMaps, 0), size = report.devices.reduce((n, d) => n + d.bytes, 0);
  const bounced = report.devices.reduce((n, d) => n + d.bounces.bytes, 0), copied = report.devices.reduce((n, d) => n + d.bounces.copiedIn + d.bounces.copiedOut, 0);
  const tile = (title, value, note, tone) => make('div', { class: 'card tile' }, make('span', { class: 'soft' }, title), make('b', { class: tone || null }, value), make('span', {}, note));
  const part = report.recording.partialFrom !== undefined; // of the rest, some processor's events are missing
  const list = [wrong ? tile('what is wrong', count(wrong), report.findings.filter(f => f.wrong)[0].title, 'bad')
    : part ? tile('what is wrong', 'not known', 'the recording is cut or damaged; nothing wrong is seen in what is there')
    : tile('what is wrong', 'nothing', report.assurances.join(' · '), 'good'),
    tile('mapped', count(maps), bytes(size)), tile('failed', count(failed), failed ? 'maps, lists or allocations' : 'every request was served', failed ? 'bad' : 'good'),
    tile('bounced', size ? Math.round(100 * bounced / size) + ' %' : '0 %', bytes(copied) + ' copied')];
  for (const p of report.pools) list.push(tile(p.name ? 'pool ' + p.name : 'bounce pool', p.slots ? bytes(p.slots * 2048) : 'size unknown', `at most ${count(p.highWaterSlots)}${p.slots ? ' of ' + count(p.slots) : ''} slots in use`, p.slots && p.highWaterSlots >= p.slots ? 'bad' : null));
  return make('div', { class: 'tiles' }, list);
}

function finding(f) {
  const sign = { error: '✗', warning: '!', note: '·' }[f.severity];
  const outcome = c => c.result ? ' ' + c.result : '';
  return make('article', { class: 'card finding ' + f.severity, id: 'finding-' + f.id }, make('h3', { class: { error: 'bad', warning: 'warn', note: null }[f.severity] }, make('span', { class: 'sure' }, f.confidence), `${sign} ${f.title}`),
    f.why.map(w => make('p', {}, w)),
    f.cures.length ? make('ul', { 'aria-label': 'What to try' }, f.cures.map(c => make('li', { class: c.helps ? 'helps' : null }, c.parameter ? make('code', {}, c.parameter) : null, c.parameter ? ' ' : '', c.text, make('span', { class: 'soft' }, outcome(c))))) : null,
    f.evidence.length ? make('details', {}, make('summary', {}, 'evidence'), make('ul', { class: 'mono' }, f.evidence.map(e => make('li', {}, e)))) : null,
    f.firstTime !== undefined && map.count ? make('button', { class: 'noprint', onclick: () => { const pad = Math.max(((f.lastTime ?? f.firstTime) - f.firstTime) * .05, 1000); view(Math.max(0, f.firstTime - rec.start - pad), Math.min(length, (f.lastTime ?? f.firstTime) - rec.start + pad)); document.getElementById('timeline').scrollIntoView({ block: 'center' }); } }, 'show on the timeline') : null);
}

// ---- mappings, unpacked: columns of plain arrays, sorted by start ----
const map = { count: 0 };
async function unpack() {
  const text = document.getElementById('mappings').textContent.trim();
  if (!text || !lives.count) return;
  const packed = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const raw = new Uint8Array(await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).arrayBuffer());
  let at = 0;
  const next = () => { let value = 0, scale = 1, b; do { b = raw[at++]; value += (b & 127) * scale; scale *= 128; } while (b & 128); return value; };
  const n = lives.count;
  Object.assign(map, { count: n, start: new Float64Array(n), end: new Float64Array(n), size: new Float64Array(n), device: new Uint16Array(n), flags: new Uint8Array(n), high: new Uint32Array(n), low: new Uint32Array(n),
    memoryHigh: new Uint32Array(n), memoryLow: new Uint32Array(n), task: new Uint32Array(n), row: new Uint32Array(n), syncs: new Map() });
  for (let i = 0, time = 0; i < n; i++) {
    time += next(); map.start[i] = time;
    const life = next(); map.end[i] = life ? time + life - 1 : Infinity;
    map.size[i] = next(); map.device[i] = next(); map.flags[i] = next();
    map.high[i] = next(); map.low[i] = next(); map.memoryHigh[i] = next(); map.memoryLow[i] = next(); map.task[i] = next();
    const syncs = next(), list = [];
    for (let s = 0, t = time; s < syncs; s++) { t += next(); const kind = next(); list.push({ time: t, cpu: kind === 1, offset: next(), size: next() }); }
    if (syncs) map.syncs.set(i, list);
  }
  layOut();
}

// A row for each mapping among those of its device that live at the same time; and what finding them by time needs.
function layOut() {
  map.lanes = lives.devices.map((name, d) => ({ name, d, rows: 0, index: [] }));
  for (let i = 0; i < map.count; i++) map.lanes[map.device[i]].index.push(i);
  map.lanes = map.lanes.filter(l => l.index.length);
  for (const lane of map.lanes) {
    const index = lane.index = Uint32Array.from(lane.index), free = [], busy = []; // busy: heap of [end, row]
    const up = i => { while (i) { const p = (i - 1) >> 1; if (busy[p][0] <= busy[i][0]) break; [busy[p], busy[i]] = [busy[i], busy[p]]; i = p; } };
    const down = () => { let i = 0; for (;;) { let c = 2 * i + 1; if (c >= busy.length) break; if (c + 1 < busy.length && busy[c + 1][0] < busy[c][0]) c++; if (busy[i][0] <= busy[c][0]) break; [busy[c], busy[i]] = [busy[i], busy[c]]; i = c; } };
    for (const i of index) {
      while (busy.length && busy[0][0] <= map.start[i]) { free.push(busy[0][1]); const last = busy.pop(); if (busy.length) { busy[0] = last; down(); } }
      let row = free.length ? free.pop() : lane.rows++;
      map.row[i] = row;
      busy.push([map.end[i], row]); up(busy.length - 1);
    }
    lane.ends = Float64Array.from(index, i => map.end[i]).sort();
    lane.starts = Float64Array.from(index, i => map.start[i]);
    lane.blockEnd = new Float64Array(Math.ceil(index.length / 256)); // latest end in each 256
    index.forEach((i, k) => { lane.blockEnd[k >> 8] = Math.max(lane.blockEnd[k >> 8], map.end[i]); });
  }
}

function before(sorted, value) { let a = 0, b = sorted.length; while (a < b) { const m = (a + b) >> 1; if (sorted[m] <= value) a = m + 1; else b = m; } return a; }

// ---- the timeline ----
const laneHeight = 84, poolHeight = 110, axis = 24, left = 8;
let from = 0, to = length, picked = -1, canvas, drawn = [], pending = 0;

function view(a, b) {
  const least = Math.min(length, ns ? 100 : 10);
  if (b - a < least) { const mid = (a + b) / 2; a = mid - least / 2; b = mid + least / 2; }
  if (b - a > length) { a = 0; b = length; }
  if (a < 0) { b -= a; a = 0; }
  if (b > length) { a -= b - length; b = length; }
  from = Math.max(0, a); to = b;
  if (!pending) pending = requestAnimationFrame(() => { pending = 0; paint(); link(); });
}

function link() {
  const address = new URLSearchParams();
  if (from > 0 || to < length) { address.set('from', Math.round(from)); address.set('to', Math.round(to)); }
  if (picked >= 0) address.set('mapping', picked);
  history.replaceState(null, '', address.size ? '#' + address : location.pathname + location.search);
}

function paint() {
  const style = getComputedStyle(document.documentElement), colour = n => style.getPropertyValue(n).trim();
  const width = canvas.clientWidth, height = poolHeight + axis + map.lanes.length * laneHeight, scale = devicePixelRatio || 1;
  canvas.style.height = height + 'px';
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) { canvas.width = Math.round(width * scale); canvas.height = Math.round(height * scale); }
  const g = canvas.getContext('2d');
  g.setTransform(scale, 0, 0, scale, 0, 0);
  g.clearRect(0, 0, width, height);
  g.font = '12px system-ui, sans-serif';
  const ink = colour('--ink'), soft = colour('--soft'), line = colour('--line'), direct = colour('--focus'), bounced = colour('--warn'), bad = colour('--bad'), info = colour('--info');
  const x = t => left + (t - from) / (to - from) * (width - 2 * left), T = px => from + (px - left) / (width - 2 * left) * (to - from);

  // how full the pools are, with failures beneath
  const pools = report.pools.filter(p => p.mostSlots.some(v => v));
  const most = Math.max(1, ...pools.map(p => Math.max(p.highWaterSlots, p.slots && p.highWaterSlots * 3 > p.slots ? p.slots : 0)));
  const base = poolHeight - 14, y = v => base - v / most * (base - 18);
  pools.forEach((p, at) => {
    g.fillStyle = at ? soft : info; g.globalAlpha = .45; g.beginPath(); g.moveTo(left, base);
    for (let px = left; px <= width - left; px++) {
      const a = Math.floor(T(px) / rec.partLength), b = Math.max(a, Math.floor(T(px + 1) / rec.partLength));
      let v = 0; for (let k = a; k <= b && k < p.mostSlots.length; k++) v = Math.max(v, p.mostSlots[k]);
      g.lineTo(px, y(v));
    }
    g.lineTo(width - left, base); g.fill(); g.globalAlpha = 1;
    if (p.slots && p.slots <= most) { g.strokeStyle = bad; g.setLineDash([4, 4]); g.beginPath(); g.moveTo(left, y(p.slots)); g.lineTo(width - left, y(p.slots)); g.stroke(); g.setLineDash([]); }
  });
  g.fillStyle = bad;
  for (let k = Math.floor(from / rec.partLength); k <= to / rec.partLength && k < report.load.failures.length; k++) if (report.load.failures[k]) g.fillRect(x(k * rec.partLength), base + 3, Math.max(2, x((k + 1) * rec.partLength) - x(k * rec.partLength)), 5);
  g.fillStyle = soft; g.textAlign = 'left';
  g.fillText(pools.length ? `bounce slots in use (scale to ${count(most)})` : 'no bounce slot was used', left, 12);

  // time
  const step = (() => { const raw = (to - from) / Math.max(2, width / 130), p = 10 ** Math.floor(Math.log10(raw)); return [1, 2, 5, 10].map(m => m * p).find(s => s >= raw); })();
  g.strokeStyle = line; g.fillStyle = soft; g.textAlign = 'center';
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) { g.beginPath(); g.moveTo(x(t), poolHeight); g.lineTo(x(t), height); g.stroke(); if (x(t) > 40 && x(t) < width - 40) g.fillText('+' + span(t), x(t), poolHeight + 13); }

  // devices: rectangles while there are few, else how many live at a time
  drawn = [];
  map.lanes.forEach((lane, at) => {
    const top = poolHeight + axis + at * laneHeight, space = laneHeight - 22;
    g.strokeStyle = line; g.beginPath(); g.moveTo(0, top); g.lineTo(width, top); g.stroke();
    const firstIn = before(lane.starts, from), lastIn = before(lane.starts, to), liveAt = t => before(lane.starts, t) - before(lane.ends, t);
    const inView = lastIn - firstIn + Math.max(0, liveAt(from));
    let word;
    if (inView <= 2500) {
      const rowHeight = Math.max(1, Math.min(14, space / lane.rows)), few = [];
      for (let block = 0; block * 256 < firstIn; block++) if (lane.blockEnd[block] >= from) for (let k = block * 256; k < Math.min(firstIn, block * 256 + 256); k++) if (map.end[lane.index[k]] >= from) few.push(lane.index[k]);
      for (let k = firstIn; k < lastIn; k++) few.push(lane.index[k]);
      for (const i of few) {
        const a = Math.max(left, x(map.start[i])), b = Math.min(width - left, x(Math.min(map.end[i], to)));
        const box = { i, x: a, y: top + 18 + map.row[i] * (lane.rows * rowHeight > space ? space / lane.rows : rowHeight), w: Math.max(1.5, b - a), h: Math.max(1, rowHeight - (rowHeight > 3 ? 1 : 0)) };
        g.fillStyle = map.flags[i] & 8 ? bounced : direct; g.globalAlpha = i === picked ? 1 : .75; g.fillRect(box.x, box.y, box.w, box.h); g.globalAlpha = 1;
        if (i === picked) { g.strokeStyle = ink; g.lineWidth = 2; g.strokeRect(box.x - 1, box.y - 1, box.w + 2, box.h + 2); g.lineWidth = 1; }
        drawn.push(box);
      }
      word = `${count(few.length)} mapping${few.length === 1 ? '' : 's'} in view`;
    } else {
      const columns = Math.floor(width - 2 * left), level = new Float64Array(columns);
      let top1 = 1, a = before(lane.starts, T(left)), live = liveAt(T(left));
      for (let c = 0; c < columns; c++) { const t = T(left + c + 1), s = before(lane.starts, t), after = s - before(lane.ends, t); level[c] = Math.min(live + s - a, Math.max(live, after, 1) + (s - a > 0 && live + after === 0 ? 1 : 0)); if (s === a && live === 0 && after === 0) level[c] = 0; top1 = Math.max(top1, level[c]); a = s; live = after; }
      g.fillStyle = lane.bouncedShare > .5 ? bounced : direct; g.globalAlpha = .6;
      for (let c = 0; c < columns; c++) if (level[c]) { const h = Math.max(1, level[c] / top1 * space); g.fillRect(left + c, top + 18 + space - h, 1, h); }
      g.globalAlpha = 1; word = `${count(inView)} in view, up to ${count(top1)} at a time; zoom in to see each`;
    }
    g.textAlign = 'left'; g.fillStyle = ink; g.fillText(label(lane.name), left, top + 13); g.fillStyle = soft;
    const used = g.measureText(label(lane.name)).width; g.fillText(word, left + used + 12, top + 13);
  });
  document.getElementById('range').textContent = `+${span(from)} to +${span(to)} of ${span(length)}`;
}

const hex = (high, low) => '0x' + (high ? high.toString(16) + low.toString(16).padStart(8, '0') : low.toString(16));
function pick(i) {
  picked = i;
  const box = document.getElementById('life');
  if (i < 0 || i >= map.count) { box.replaceChildren(make('p', { class: 'soft' }, 'Click a mapping to see its life.')); return; }
  const kinds = ['single map', 'segment of a list', 'coherent memory', 'registers', 'cached memory'], directions = ['BIDIRECTIONAL', 'TO_DEVICE', 'FROM_DEVICE', 'NONE'];
  const f = map.flags[i], memory = map.memoryHigh[i] || map.memoryLow[i], syncs = map.syncs.get(i) || [], bounced = f & 8;
  const copies = [], direction = directions[f & 3], whole = bytes(map.size[i]);
  if (bounced) copies.push([map.start[i], `map: ${whole} copied into the bounce slot`]); else copies.push([map.start[i], 'map']);
  for (const s of syncs) copies.push([s.time, `sync for ${s.cpu ? 'CPU' : 'device'}, bytes ${count(s.offset)} to ${count(s.offset + s.size - 1)}` +
    (bounced ? (s.cpu ? direction === 'TO_DEVICE' ? ': nothing to copy' : ': copied back' : direction === 'FROM_DEVICE' ? ': nothing to copy' : ': copied into the slot') : '')]);
  copies.push(Number.isFinite(map.end[i]) ? [map.end[i], 'unmap' + (bounced && direction !== 'TO_DEVICE' ? ': copied back, unless SKIP_CPU_SYNC' : '')] : [length, 'still live when the recording ends']);
  const row = (name, value) => [make('dt', {}, name), make('dd', {}, value)];
  box.replaceChildren(make('h3', {}, `${label(lives.devices[map.device[i]])}: ${whole}, ${direction}`), make('dl', { class: 'life' },
    row('mapped by', lives.tasks[map.task[i]] || 'unknown task'), row('as', kinds[f >> 4] || 'mapping'), row('DMA address', make('code', {}, hex(map.high[i], map.low[i]))),
    row('memory', memory ? make('code', {}, hex(map.memoryHigh[i], map.memoryLow[i])) : 'not known'), row('bounced', bounced ? make('span', { class: 'warn' }, 'yes, the DMA address is that of the slot') : 'no'),
    row('lived', Number.isFinite(map.end[i]) ? span(map.end[i] - map.start[i]) : 'to the end')),
    make('ol', {}, copies.map(([t, what]) => make('li', {}, make('span', { class: 'soft mono' }, moment(rec.start + t) + '  '), what))),
    make('button', { class: 'noprint', onclick: () => { const l = (Number.isFinite(map.end[i]) ? map.end[i] : length) - map.start[i]; view(map.start[i] - l * .5 - 50, map.start[i] + l * 1.5 + 50); } }, 'zoom to it'));
}

function timeline() {
  canvas = make('canvas', { role: 'img', tabindex: 0, 'aria-label': `Timeline: ${count(map.count)} mappings of ${map.lanes.length} devices. The table of devices below says the same in numbers.` });
  const at = e => { const r = canvas.getBoundingClientRect(); return { px: e.clientX - r.left, py: e.clientY - r.top, share: Math.min(1, Math.max(0, (e.clientX - r.left - left) / (r.width - 2 * left))) }; };
  const zoom = (factor, share = .5) => { const mid = from + (to - from) * share, w = (to - from) * factor; view(mid - w * share, mid + w * (1 - share)); };
  const move = share => view(from + (to - from) * share, to + (to - from) * share);
  canvas.addEventListener('wheel', e => { e.preventDefault(); if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) move(e.deltaX / canvas.clientWidth); else zoom(Math.exp(Math.max(-1, Math.min(1, e.deltaY / 250))), at(e).share); }, { passive: false });
  let drag = null;
  canvas.addEventListener('pointerdown', e => { drag = { x: e.clientX, from, to, moved: false }; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener('pointermove', e => { if (!drag) return; const dx = e.clientX - drag.x; if (Math.abs(dx) > 3) drag.moved = true; if (drag.moved) { const d = dx / (canvas.clientWidth - 2 * left) * (drag.to - drag.from); view(drag.from - d, drag.to - d); } });
  canvas.addEventListener('pointerup', e => {
    if (drag && !drag.moved) { const p = at(e); let best = -1, least = 6; for (const b of drawn) { const dx = Math.max(b.x - p.px, 0, p.px - b.x - b.w), dy = Math.max(b.y - p.py, 0, p.py - b.y - b.h); if (dx + dy < least) { least = dx + dy; best = b.i; } } pick(best); paint(); link(); }
    drag = null;
  });
  canvas.addEventListener('keydown', e => {
    const act = { '+': () => zoom(.5), '=': () => zoom(.5), '-': () => zoom(2), ArrowLeft: () => move(-.2), ArrowRight: () => move(.2), Home: () => view(0, to - from), End: () => view(length - (to - from), length), '0': () => view(0, length),
      n: () => { const l = drawn.map(b => b.i).sort((a, b) => a - b), k = l.find(i => i > picked); pick(k ?? l[0] ?? -1); paint(); link(); }, p: () => { const l = drawn.map(b => b.i).sort((a, b) => b - a), k = l.find(i => i < picked); pick(k ?? l[0] ?? -1); paint(); link(); } }[e.key];
    if (act && !e.ctrlKey && !e.metaKey && !e.altKey) { e.preventDefault(); act(); }
  });
  for (const lane of map.lanes) { let b = 0; for (const i of lane.index) if (map.flags[i] & 8) b++; lane.bouncedShare = b / lane.index.length; }
  return make('section', { id: 'timeline', class: 'card', 'aria-label': 'Timeline' },
    make('div', { class: 'tools noprint', role: 'toolbar', 'aria-label': 'Zoom' }, make('button', { id: 'in', onclick: () => zoom(.5) }, 'zoom in'), make('button', { id: 'out', onclick: () => zoom(2) }, 'zoom out'),
      make('button', { id: 'whole', onclick: () => view(0, length) }, 'everything'), make('output', { id: 'range' }), make('span', { class: 'soft' }, 'wheel or + − to zoom, drag or ← → to move, n p for the next and previous mapping')),
    canvas, make('p', { class: 'legend soft' }, make('span', {}, make('i', { style: 'background:var(--focus)' }), 'direct'), make('span', {}, make('i', { style: 'background:var(--warn)' }), 'bounced'),
      make('span', {}, make('i', { style: 'background:var(--info);opacity:.5' }), 'slots in use'), make('span', {}, make('i', { style: 'background:var(--bad)' }), 'failed maps'),
      lives.leftOut ? make('span', {}, `${count(lives.leftOut)} further mappings are not drawn`) : null),
    make('div', { id: 'life', 'aria-live': 'polite' }));
}

function devices() {
  const head = ['device', 'maps', 'bytes', 'bounced', 'copied', 'live at most', 'failed', 'syncs'];
  return make('div', { class: 'scroll' }, make('table', { id: 'devices' }, make('thead', {}, make('tr', {}, head.map((h, i) => make('th', { scope: 'col', class: i ? 'n' : null }, h)))),
    make('tbody', {}, report.devices.map(d => { const failed = d.failedMaps + d.failedLists + d.failedAllocations; return make('tr', {}, make('th', { scope: 'row' }, label(d.name)),
      [count(d.singleMaps + d.listMaps + d.resourceMaps), bytes(d.bytes), d.bytes ? Math.round(100 * d.bounces.bytes / d.bytes) + ' %' : '', bytes(d.bounces.copiedIn + d.bounces.copiedOut), count(d.live.most)].map(v => make('td', { class: 'n' }, v)),
      make('td', { class: failed ? 'n bad' : 'n' }, failed ? count(failed) : ''), make('td', { class: 'n' }, count(d.syncsForCpu + d.syncsForDevice))); }))));
}

async function start() {
  try { await unpack(); } catch (error) { main.append(make('p', { class: 'bad' }, 'The mappings could not be unpacked: ' + error.message)); console.error(error); }
  main.append(tiles(), make('h2', {}, 'Findings'), ...(report.findings.length ? report.findings.map(finding) : []),
    make('p', { class: report.findings.some(f => f.wrong) ? 'soft' : 'good' }, report.assurances.length ? '✓ ' + report.assurances.join(' · ') : ''),
    make('h2', {}, 'Timeline'), map.count ? timeline() : make('p', { class: 'soft' }, 'The recording has no mapping to draw.'), make('h2', {}, 'Devices'), devices());
  if (map.count) {
    const asked = new URLSearchParams(location.hash.slice(1));
    if (asked.has('from')) { from = Math.max(0, +asked.get('from') || 0); to = Math.min(length, +asked.get('to') || length); if (!(to > from)) { from = 0; to = length; } }
    pick(asked.has('mapping') ? +asked.get('mapping') : -1);
    paint();
    addEventListener('resize', () => view(from, to));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => paint());
  }
  document.documentElement.dataset.ready = 'true';
}
start();
