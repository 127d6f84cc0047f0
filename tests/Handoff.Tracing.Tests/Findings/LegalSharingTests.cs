using CsCheck;
using Handoff.Kernels;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>
/// Random drivers on a non-coherent machine that use what is easily used wrongly: SKIP_CPU_SYNC with syncs of their own, buffers shared by devices, partial
/// syncs, memory that passes from one device to another, drivers that are bound and unbound. They do it right, so that nobody is accused.
/// </summary>
public sealed class LegalSharingTests
{
    private const ulong Low = 0x4000_0000, High = 0x1_4000_0000;
    private static readonly long s_iterations = long.TryParse(Environment.GetEnvironmentVariable("HANDOFF_RANDOM_TRAFFIC"), out long more) ? more : 60;

    [Fact]
    public void Nobody_is_accused() => Check.Sample(
        Gen.Select(Gen.Int[1, 4], Gen.Int[0, 1 << 30], Gen.Int[20, 300], Gen.Int[0, 1000]),
        static (cpus, seed, steps, skew) =>
        {
            bool differ = seed % 3 == 0; // clocks
            var lab = new SharingLab(new Random(seed), cpus, differ ? skew : 0);
            lab.Run(steps);
            string[] lines = lab.Lines;
            using var machine = new SyntheticMachine("swiotlb=4096", slots: 4096, architecture: "aarch64", probe: lab.Probe);
            MachineFacts facts = machine.Facts;
            Confidence from = differ ? Confidence.Likely : Confidence.Possible; // a sync that is logged far from its mapping leaves a note
            AssertClean(lines, facts, from);
            AssertClean(lines, null, from);
            if (differ)
                return;

            // From the middle, and with a hole.
            var random = new Random(seed);
            AssertClean(lines[random.Next(lines.Length)..], facts);
            int hole = random.Next(lines.Length), to = random.Next(hole, lines.Length);
            AssertClean([.. lines[..hole], $"CPU:0 [LOST {to - hole} EVENTS]", .. lines[to..]], facts);
        },
        iter: s_iterations,
        threads: 1);

    private static void AssertClean(string[] lines, MachineFacts? facts, Confidence from = Confidence.Possible)
    {
        TraceAnalysis analysis = Analyses.OfText(string.Join('\n', lines) + "\n", facts);
        foreach (Accusation accusation in analysis.Accusations.Where(a => a.Confidence >= from))
            Assert.Fail($"{accusation.Confidence} {accusation.Rule.Id}: {accusation.Examples[0]}\n{string.Join('\n', lines)}");
        Assert.DoesNotContain(TraceFindings.Find(analysis), static f => f.Kind is TraceFindingKind.Leak or TraceFindingKind.PoolLeak or TraceFindingKind.Stranded);
    }

    private sealed class SharingLab
    {
        private readonly Random _random;
        private readonly EngineRecorder _recorder;
        private readonly DmaLayer<CountingMemory> _layer;
        private readonly Device[] _devices;
        private readonly List<(Device Device, Action End)> _live = [];
        private readonly List<(long At, ulong Page)> _returning = [];
        private readonly Stack<ulong> _pages = new(Enumerable.Range(0, 2048).Select(static n => (ulong)n << 16)); // the page freed last is the next to be used

        public SharingLab(Random random, int cpus, int skew)
        {
            _random = random;
            var machine = new Machine { Architecture = Architecture.Arm64, Ram = RamMap.Usual(Architecture.Arm64, 6UL << 30), SwiotlbParameter = "4096", Cpus = cpus };
            _layer = new DmaLayer<CountingMemory>(machine, KernelProfiles.Default, default);
            _recorder = new EngineRecorder(cpus, random, skew);
            _layer.Observer = _recorder;
            _devices =
            [
                new("0000:00:01.0") { DmaMask = ulong.MaxValue },
                new("0000:00:02.0") { DmaMask = DmaMask.Bits(32) },
                new("0000:00:03.0") { DmaMask = DmaMask.Bits(32), Coherent = true },
            ];
            foreach (Device device in _devices)
                _recorder.Register(device);
        }

        public string[] Lines => [.. _recorder.Lines];

        public string Probe => string.Concat(_devices.Select(static (d, i) => $"HP dev i={i} name={d.Name} bus=pci coh={(d.Coherent == true ? 1 : 0)} mask={d.DmaMask:x} iommu=0 align=64\n"));

        public void Run(int steps)
        {
            for (int i = 0; i < steps || _live.Count > 0; i++)
            {
                _recorder.Advance();
                foreach ((long _, ulong page) in _returning.FindAll(r => r.At < _recorder.Time))
                    _pages.Push(page);
                _returning.RemoveAll(r => r.At < _recorder.Time);
                if (_live.Count > 0 && (i >= steps || _random.Next(3) == 0))
                {
                    int at = _random.Next(_live.Count);
                    _live[at].End();
                    _live.RemoveAt(at);
                }
                else if (_random.Next(60) == 0)
                {
                    Unbind(_devices[_random.Next(_devices.Length)]);
                }
                else
                {
                    Begin(_devices[_random.Next(_devices.Length)]);
                }
            }
        }

        /// <summary>A driver is unbound: it ends all that it has.</summary>
        private void Unbind(Device device)
        {
            foreach ((Device _, Action end) in _live.FindAll(l => l.Device == device))
            {
                end();
                _recorder.Advance();
            }

            _live.RemoveAll(l => l.Device == device);
        }

        private void Begin(Device device)
        {
            switch (_random.Next(6))
            {
                case 0:
                    if (_layer.AllocCoherent(device, 1 + (ulong)_random.Next(9000)) is { } buffer)
                        _live.Add((device, () => _layer.FreeCoherent(device, buffer)));
                    break;
                case 1 or 2:
                    Pooled(device);
                    break;
                case 3:
                    Shared();
                    break;
                default:
                    Single(device);
                    break;
            }
        }

        /// <summary>Pages of a network driver: mapped once without cache work, then synced for each packet, in part; some are never used.</summary>
        private void Pooled(Device device)
        {
            const ulong size = 4096;
            ulong page = _pages.Pop();
            DmaDirection direction = _random.Next(2) == 0 ? DmaDirection.FromDevice : DmaDirection.Bidirectional;
            DmaAddress address = _layer.MapPhys(device, new((_random.Next(2) == 0 ? Low : High) + page), size, direction, DmaAttributes.SkipCpuSync);
            if (_layer.MappingError(device, address) != Errno.None)
                return;
            ulong room = (ulong)_random.Next(64, 4096);
            _layer.SyncSingleRangeForDevice(device, address, 0, room, direction);
            _live.Add((device, () =>
            {
                for (int packets = _random.Next(1, 4); packets > 0; packets--)
                {
                    _layer.SyncSingleRangeForCpu(device, address, 0, (ulong)_random.Next(1, (int)room + 1), direction);
                    _recorder.Advance();
                    if (packets > 1)
                        _layer.SyncSingleRangeForDevice(device, address, 0, room, direction);
                }

                _layer.UnmapPhys(device, address, size, direction, DmaAttributes.SkipCpuSync);
                _returning.Add((_recorder.Returns, page));
            }
            ));
        }

        /// <summary>A buffer that several devices reach: each maps it, the CPU's accesses are between syncs for all, the last to go gives it back.</summary>
        private void Shared()
        {
            var pages = new ulong[_random.Next(1, 12)];
            for (int i = 0; i < pages.Length; i++)
                pages[i] = _pages.Pop();
            Device[] sharers = [.. Enumerable.Range(0, _random.Next(2, 4)).Select(_ => _devices[_random.Next(_devices.Length)])];
            var lists = new List<(Device Device, ScatterlistEntry[] Entries)>();
            foreach (Device device in sharers)
            {
                ScatterlistEntry[] entries = [.. pages.Select(static page => new ScatterlistEntry(new(Low + page), 4096))];
                if (_layer.MapSg(device, entries, DmaDirection.Bidirectional) > 0)
                    lists.Add((device, entries));
                _recorder.Advance();
            }

            int left = lists.Count;
            foreach ((Device device, ScatterlistEntry[] entries) in lists)
            {
                _live.Add((device, () =>
                {
                    if (left == lists.Count && _random.Next(2) == 0)
                    {
                        foreach ((Device each, ScatterlistEntry[] own) in lists)
                            _layer.SyncSgForCpu(each, own, DmaDirection.Bidirectional);
                        _recorder.Advance();
                        foreach ((Device each, ScatterlistEntry[] own) in lists)
                            _layer.SyncSgForDevice(each, own, DmaDirection.Bidirectional);
                    }

                    _layer.UnmapSg(device, entries, DmaDirection.Bidirectional);
                    if (--left == 0)
                        _returning.AddRange(pages.Select(page => (_recorder.Returns, page)));
                }
                ));
            }
        }

        /// <summary>A buffer that is mapped, synced in parts, and unmapped; then its page goes to whoever asks next.</summary>
        private void Single(Device device)
        {
            var direction = (DmaDirection)_random.Next(3);
            ulong size = 1 + (ulong)_random.Next(_random.Next(2) == 0 ? 300 : 8000), page = _pages.Pop();
            DmaAddress address = _layer.MapPhys(device, new((_random.Next(2) == 0 ? Low : High) + page + ((ulong)_random.Next(60) << 6)), size, direction);
            if (_layer.MappingError(device, address) != Errno.None)
                return;
            _live.Add((device, () =>
            {
                for (int parts = _random.Next(3); parts > 0; parts--)
                {
                    ulong part = (ulong)_random.NextInt64((long)size), length = 1 + (ulong)_random.NextInt64((long)(size - part));
                    _layer.SyncSingleRangeForCpu(device, address, part, length, direction);
                    _recorder.Advance();
                    _layer.SyncSingleRangeForDevice(device, address, part, length, direction);
                }

                _layer.UnmapPhys(device, address, size, direction);
                _returning.Add((_recorder.Returns, page));
            }
            ));
        }
    }
}
