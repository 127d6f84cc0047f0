using System.Globalization;
using CsCheck;
using Handoff.Kernels;
using Handoff.Tracing.Findings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>Random drivers that do nothing wrong, on the real engine, recorded with all the disorder of a kernel: nobody is accused.</summary>
public sealed class LegalTrafficTests
{
    private const ulong Low = 0x4000_0000, High = 0x1_4000_0000;

    [Fact]
    public void Nobody_is_accused() => Check.Sample(
        Gen.Select(Gen.Int[1, 4], Gen.Int[0, 1 << 30], Gen.Int[20, 400]),
        static (cpus, seed, steps) =>
        {
            string[] lines = Record(cpus, seed, steps, skew: 0);
            AssertClean(lines);

            // From the middle, and with holes.
            var random = new Random(seed);
            AssertClean(lines[random.Next(lines.Length)..]);
            int from = random.Next(lines.Length), to = random.Next(from, lines.Length);
            AssertClean([.. lines[..from], $"CPU:0 [LOST {to - from} EVENTS]", .. lines[to..]]);
            AssertClean(WithLateStart(lines, random.Next(cpus), random.Next(1, 60)));
            for (int n = 0; n < 4; n++)
                AssertClean(WithHole(lines, random.Next(cpus), random.Next(lines.Length), random.Next(1, 40)));
        },
        iter: 150,
        threads: 1);

    /// <summary>Between 20 µs and the most that clocks are taken to differ. <c>HANDOFF_RANDOM_TRAFFIC=N</c> tries N recordings.</summary>
    [Fact]
    public void Nobody_is_accused_where_clocks_differ() => Check.Sample(
        Gen.Select(Gen.Int[2, 8], Gen.Int[0, 1 << 30], Gen.Int[20, 400], Gen.Int[20, 1000]),
        static (cpus, seed, steps, skew) => AssertClean(Record(cpus, seed, steps, skew)),
        iter: long.TryParse(Environment.GetEnvironmentVariable("HANDOFF_RANDOM_TRAFFIC"), out long more) ? more : 150,
        threads: 1);

    /// <summary>One release among all of them is wrong: it is named, and nothing else is, however clocks differ.</summary>
    [Fact]
    public void One_wrong_release_is_named()
    {
        int tried = 0;
        long wanted = long.TryParse(Environment.GetEnvironmentVariable("HANDOFF_RANDOM_TRAFFIC"), out long more) ? more : 100;
        Check.Sample(
            Gen.Select(Gen.Int[1, 8], Gen.Int[0, 1 << 30], Gen.Int[40, 400], Gen.Int[0, 1000]),
            (cpus, seed, steps, skew) =>
            {
                string[] lines = Record(cpus, seed, steps, skew);
                var random = new Random(seed);
                int[] releases = [.. Enumerable.Range(0, lines.Length).Where(i => IsSurelyAfterItsMap(lines, i))];
                if (releases.Length == 0)
                    return;
                tried++;
                int at = releases[random.Next(releases.Length)];
                bool size = random.Next(2) == 0;
                string from = size ? " size=" : " dir=";
                int field = lines[at].IndexOf(from, StringComparison.Ordinal) + from.Length, end = lines[at].IndexOf(' ', field);
                string old = lines[at][field..end], changed = size ? (int.Parse(old, CultureInfo.InvariantCulture) + 30_000).ToString(CultureInfo.InvariantCulture) : old == "TO_DEVICE" ? "FROM_DEVICE" : "TO_DEVICE";
                string device = lines[at][(lines[at].IndexOf("dma_unmap_page: ", StringComparison.Ordinal) + 16)..].Split(' ')[0];
                lines[at] = lines[at][..field] + changed + lines[at][end..];

                TraceAnalysis analysis = Analyses.OfText(string.Join('\n', lines) + "\n");
                Accusation[] accusations = [.. analysis.Accusations];
                Assert.True(
                    accusations is [var one] && one.Device == device && one.Count == 1 && one.Rule.Id == (size ? "DMA0005" : "DMA0006") && one.Confidence >= Confidence.Likely,
                    $"{lines[at]}\n{string.Join('\n', accusations.Select(static a => $"{a.Confidence} {a.Count} {a.Examples[0]}"))}\n{string.Join('\n', lines)}");
            },
            iter: wanted,
            threads: 1);
        Assert.InRange(tried, wanted / 2, wanted);
    }

    [Fact]
    public void All_that_ended_is_known_to_have_ended() => Check.Sample(
        Gen.Select(Gen.Int[1, 4], Gen.Int[0, 1 << 30], Gen.Int[20, 300]),
        static (cpus, seed, steps) =>
        {
            string[] lines = Record(cpus, seed, steps, skew: 0);
            TraceAnalysis analysis = Analyses.OfText(string.Join('\n', lines) + "\n");

            // Only segments that the kernel did not name are missing.
            Assert.Equal(0, analysis.LiveAtEnd);
            Assert.All(analysis.Statistics.Devices, static d => Assert.Equal((0L, 0L, 0UL, 0UL), (d.Live.Current, d.Slots.Current, d.LiveBytes, d.AllocatedBytes)));
            Assert.Equal(lines.Count(static l => l.Contains("dma_map_page:", StringComparison.Ordinal)), analysis.Statistics.Devices.Sum(static d => d.SingleMaps + d.FailedMaps));
            Assert.Equal(lines.Count(static l => l.Contains("dma_map_sg:", StringComparison.Ordinal)), analysis.Statistics.Devices.Sum(static d => d.ListMaps));
            int named = lines.Count(static l => l.Contains("swiotlb_bounced:", StringComparison.Ordinal));
            Assert.InRange(analysis.Statistics.Devices.Sum(static d => d.Bounced + d.FailedMaps), 0, named);
            Assert.Equal(0, analysis.Statistics.Devices.Sum(static d => d.FailedLists));
        },
        iter: 60,
        threads: 1);

    /// <summary>Whether a line is a release whose map stands before it, on its own processor or so long before that no clock explains it.</summary>
    private static bool IsSurelyAfterItsMap(string[] lines, int at)
    {
        static double TimeOf(string line) => double.Parse(line[(line.IndexOf("..... ", StringComparison.Ordinal) + 6)..].Split(':')[0], CultureInfo.InvariantCulture);
        int start = lines[at].IndexOf("dma_unmap_page: ", StringComparison.Ordinal);
        if (start < 0)
            return false;
        string same = lines[at][(start + "dma_unmap_page: ".Length)..lines[at].IndexOf(" attrs=", StringComparison.Ordinal)];
        int map = Array.FindLastIndex(lines, at, line => line.Contains($"dma_map_page: {same} ", StringComparison.Ordinal));
        return map >= 0 && (lines[map][..40].Contains(lines[at][lines[at].IndexOf('[', StringComparison.Ordinal)..][..5], StringComparison.Ordinal) || TimeOf(lines[at]) - TimeOf(lines[map]) > 0.001);
    }

    /// <summary>One processor loses events; the others go on, and the note stands where that processor does.</summary>
    private static string[] WithHole(string[] lines, int cpu, int from, int count)
    {
        string mark = $" [{cpu:d3}] ";
        int lost = 0;
        List<string> kept = [.. lines[..from]];
        for (int at = from; at < lines.Length; at++)
        {
            bool own = lines[at].Contains(mark, StringComparison.Ordinal);
            if (own && lost < count)
            {
                lost++;
                continue;
            }

            if (own && lost == count)
            {
                kept.Add($"CPU:{cpu} [LOST {count} EVENTS]");
                lost++; // only once
            }

            kept.Add(lines[at]);
        }

        if (lost <= count)
            kept.Add($"CPU:{cpu} [LOST {lost} EVENTS]");
        return [.. kept];
    }

    /// <summary>One processor's buffer ran over: its first events are gone, and the kernel says where it begins.</summary>
    private static string[] WithLateStart(string[] lines, int cpu, int count)
    {
        string mark = $" [{cpu:d3}] ";
        List<string> kept = [];
        int own = 0;
        count = Math.Min(count, lines.Count(line => line.Contains(mark, StringComparison.Ordinal)) - 1); // its latest are always kept
        foreach (string line in lines)
        {
            bool isOwn = line.Contains(mark, StringComparison.Ordinal);
            if (isOwn && own++ < count)
                continue;
            if (isOwn && own == count + 1 && kept.Count > 0)
                kept.Add($"##### CPU {cpu} buffer started ####");
            kept.Add(line);
        }

        return [.. kept];
    }

    private static void AssertClean(string[] lines, Confidence from = Confidence.Possible)
    {
        TraceAnalysis analysis = Analyses.OfText(string.Join('\n', lines) + "\n");
        foreach (Accusation accusation in analysis.Accusations.Where(a => a.Confidence >= from))
            Assert.Fail($"{accusation.Confidence} {accusation.Rule.Id}: {accusation.Examples[0]}\n{string.Join('\n', lines)}");
        Assert.True(analysis.Statistics.Devices.All(static d => d.FailedLists == 0), $"a list that failed\n{string.Join('\n', lines)}");
        Assert.DoesNotContain(TraceFindings.Find(analysis), f => f.Confidence >= from && f.Kind is TraceFindingKind.Leak or TraceFindingKind.PoolLeak or TraceFindingKind.Stranded);
    }

    /// <summary>Runs drivers that use the API as they should, until all is released.</summary>
    private static string[] Record(int cpus, int seed, int steps, int skew)
    {
        var random = new Random(seed);
        var machine = new Machine { Architecture = Architecture.Arm64, Ram = RamMap.Usual(Architecture.Arm64, 6UL << 30), SwiotlbParameter = "4096", Cpus = cpus };
        var layer = new DmaLayer<CountingMemory>(machine, KernelProfiles.Default, default);
        var recorder = new EngineRecorder(cpus, random, skew);
        layer.Observer = recorder;
        Device[] devices =
        [
            new("0000:00:01.0") { DmaMask = DmaMask.Bits(32), Coherent = true },
            new("0000:00:02.0") { DmaMask = ulong.MaxValue, Coherent = true },
            new("0000:00:03.0") { DmaMask = DmaMask.Bits(32), MinAlignMask = 0xfff },
        ];
        foreach (Device device in devices)
            recorder.Register(device);

        var live = new List<Action>(); // how each ends
        var returning = new List<(long At, ulong Page)>();
        var pages = new Stack<ulong>(Enumerable.Range(0, 4096).Select(static n => (ulong)n << 16)); // the page freed last is the next to be used
        for (int i = 0; i < steps || live.Count > 0; i++)
        {
            recorder.Advance();
            foreach ((long _, ulong page) in returning.FindAll(r => r.At < recorder.Time))
                pages.Push(page);
            returning.RemoveAll(r => r.At < recorder.Time);
            if (live.Count > 0 && (i >= steps || random.Next(3) == 0))
            {
                int at = random.Next(live.Count);
                live[at]();
                live.RemoveAt(at);
                continue;
            }

            Device device = devices[random.Next(devices.Length)];
            var direction = (DmaDirection)random.Next(3);
            ulong size = 1 + (ulong)random.Next(random.Next(2) == 0 ? 300 : 20000);
            switch (random.Next(8))
            {
                case 0:
                    if (layer.AllocCoherent(device, size) is { } buffer)
                        live.Add(() => layer.FreeCoherent(device, buffer));
                    break;
                case 1 or 2:
                    int count = random.Next(10) == 0 ? random.Next(120, 140) : random.Next(1, 9);
                    var entries = new ScatterlistEntry[count];
                    ulong[] taken = new ulong[count];
                    for (int n = 0; n < count; n++)
                        entries[n] = new ScatterlistEntry(new((random.Next(2) == 0 ? Low : High) + (taken[n] = pages.Pop())), (uint)random.Next(1, 4096));
                    if (layer.MapSg(device, entries, direction) == 0)
                        break;
                    live.Add(() =>
                    {
                        if (random.Next(2) == 0)
                        {
                            layer.SyncSgForCpu(device, entries, direction);
                            layer.SyncSgForDevice(device, entries, direction);
                        }

                        layer.UnmapSg(device, entries, direction);
                        returning.AddRange(taken.Select(page => (recorder.Returns, page)));
                    });
                    break;
                default:
                    ulong own = pages.Pop();
                    PhysicalAddress memory = new((random.Next(2) == 0 ? Low : High) + own + (ulong)random.Next(4096));
                    DmaAddress address = layer.MapPhys(device, memory, size, direction);
                    if (layer.MappingError(device, address) != Errno.None)
                        break;
                    live.Add(() =>
                    {
                        if (random.Next(2) == 0)
                        {
                            ulong part = (ulong)random.NextInt64((long)size), length = size - part;
                            layer.SyncSingleRangeForCpu(device, address, part, length, direction);
                            layer.SyncSingleRangeForDevice(device, address, part, length, direction);
                        }

                        layer.UnmapPhys(device, address, size, direction);
                        returning.Add((recorder.Returns, own));
                    });
                    break;
            }
        }

        return [.. recorder.Lines];
    }
}
