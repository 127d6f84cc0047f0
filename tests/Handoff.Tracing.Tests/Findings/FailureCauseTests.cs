using System.Text;
using CsCheck;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Sizing;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>Random recordings with one cause each, made by the real engine: the first finding names it, its cure works, and without facts it is said with less confidence.</summary>
public sealed class FailureCauseTests
{
    private static readonly long s_iterations = long.TryParse(Environment.GetEnvironmentVariable("HANDOFF_RANDOM_CAUSES"), out long more) ? more : 12;

    [Fact]
    public void A_pool_that_is_too_small() => Sample(static random =>
    {
        using CauseLab lab = Lab(random, out string parameter);
        var ring = new List<DmaAddress>();
        int held = random.Next(lab.Slots / 4, lab.Slots * 7 / 8);
        for (int i = 0; i < held; i++)
            ring.Add(lab.Map(false, 2048)!.Value);
        lab.Traffic(random.Next(60));
        for (int burst = random.Next(1, 4); burst > 0; burst--)
        {
            var live = new List<DmaAddress>();
            while (lab.Map(true, 1500) is { } address)
                live.Add(address);
            lab.Wait(random.Next(100_000));
            live.ForEach(address => lab.Unmap(true, address, 1500));
        }

        TraceFinding finding = First(lab, "pool-full", Confidence.Certain);
        Assert.Equal(CauseLab.Victim, finding.Devices[0]);
        Cure cure = finding.Cures[0];
        Assert.True(cure.Helps, cure.Text);
        Assert.Equal($"swiotlb={lab.Slots * 2}", cure.Parameter!.Split(',')[0]);
        Assert.True(FirstBare(lab) is { Id: "pool-full", Confidence: Confidence.Likely }, parameter);
    });

    [Fact]
    public void A_leak() => Sample(static random =>
    {
        using CauseLab lab = Lab(random, out _, 512);
        ulong oldest = 0, youngest = 0;
        DmaAddress first = default;
        int leaked = 0, pause = random.Next(500, 20_000), size = random.Next(1, 2048);
        lab.Traffic(20);
        while (lab.Map(true, (ulong)size) is { } address)
        {
            if (leaked++ == 0)
                (oldest, first) = (lab.Now, address);
            youngest = lab.Now;
            lab.Traffic(1 + random.Next(3));
            lab.Wait(random.Next(pause / 2, pause));
        }

        for (int i = random.Next(20); i >= 0; i--)
        {
            lab.Map(true, (ulong)size);
            lab.Wait(pause);
        }

        TraceFinding finding = First(lab, "pool-leak", Confidence.Certain);
        Assert.Equal(CauseLab.Victim, finding.Devices[0]);
        Assert.Equal((leaked, oldest), (finding.Count, finding.FirstTime));
        Assert.Contains($"{first}+{size} ", finding.Evidence[0], StringComparison.Ordinal);
        double slope = (leaked - 1) * 1e9 / (youngest - oldest);
        Assert.Contains(finding.Why, w => w.Contains($"{slope:0.#} more each second", StringComparison.Ordinal));
        Assert.Equal("pool-leak", FirstBare(lab).Id);
    });

    [Fact]
    public void A_request_over_the_limit() => Sample(static random =>
    {
        bool reduced = random.Next(2) == 0;
        using CauseLab lab = Lab(random, out _, minAlign: reduced ? 0xfffu : 0);
        ulong offset = reduced ? (ulong)random.Next(1, 4) * 512 : 0;
        if (reduced && lab.Map(true, 512, offset: offset) is { } small)
            lab.Unmap(true, small, 512);
        lab.Traffic(random.Next(60));
        Assert.Null(lab.Map(true, reduced ? 262144 - offset + (ulong)random.Next(1, (int)offset) : 262144 + (ulong)random.Next(1, 1 << 20), offset: offset));
        lab.Traffic(random.Next(20));
        TraceFinding finding = First(lab, "request-over-limit", Confidence.Certain);
        Assert.All(finding.Cures, static c => Assert.Null(c.Parameter));
        Assert.Equal("request-over-limit", FirstBare(lab).Id);
    });

    [Fact]
    public void Fragmentation() => Sample(static random =>
    {
        using CauseLab lab = Lab(random, out _, areas: 1);
        var all = new List<DmaAddress>();
        while (lab.Map(false, 2048) is { } address)
            all.Add(address);
        int hole = random.Next(1, 20), every = hole + random.Next(1, 8); // at least an eighth is free
        for (int i = 0; i < all.Count; i++)
        {
            if (i % every < hole)
                lab.Unmap(false, all[i], 2048);
        }

        // The filling itself found the pool full, once.
        int free = lab.Slots / every * hole;
        Assert.Null(lab.Map(true, (ulong)random.Next(hole + 1, Math.Min(free, 128) + 1) * 2048));
        TraceFinding finding = Findings(lab, lab.Facts).First(static f => f.Devices[0] == CauseLab.Victim && f.IsWrong);
        Assert.Equal(("pool-fragmented", Confidence.Certain), (finding.Id, finding.Confidence));
    });

    [Fact]
    public void Areas_that_are_too_small() => Sample(static random =>
    {
        using CauseLab lab = Lab(random, out _, 1024, areas: 1 << random.Next(1, 4));
        int size = lab.Slots / lab.Areas, free = random.Next(Math.Max(40 / lab.Areas, 8), Math.Min(100, size - 1));
        for (int area = 0; area < lab.Areas; area++)
        {
            for (int i = 0; i < size - free; i++)
                Assert.NotNull(lab.Map(false, 2048, area));
        }

        int most = Math.Min(128, free * lab.Areas);
        Assert.Null(lab.Map(true, (ulong)random.Next(free + 1, most + 1) * 2048));
        TraceFinding finding = First(lab, "areas-too-small", Confidence.Certain);
        Assert.True(finding.Cures[0].Helps, finding.Cures[0].Text);
    });

    [Fact]
    public void No_pool() => Sample(static random =>
    {
        using var lab = new CauseLab(random, 0, 1, "noforce");
        lab.Traffic(random.Next(1, 60));
        TraceFinding finding = First(lab, "no-pool", Confidence.Certain);
        Assert.True(finding.Cures[0].Helps);
        Assert.True(FirstBare(lab) is { Id: "no-pool", Confidence: Confidence.Likely });
    });

    [Fact]
    public void A_pool_out_of_reach() => Sample(static random =>
    {
        using CauseLab lab = Lab(random, out _, mask: DmaMask.Bits(random.Next(24, 31)));
        lab.Traffic(random.Next(20, 60));
        Assert.Null(lab.Map(true, (ulong)random.Next(1, 65536)));
        TraceFinding finding = First(lab, "pool-out-of-reach", Confidence.Certain);
        Assert.Equal(CauseLab.Victim, finding.Devices[0]);
        Assert.True(finding.Cures[0].Helps);
        Assert.True(FirstBare(lab) is { Id: "pool-out-of-reach", Confidence: Confidence.Likely });
    });

    /// <summary>A leak and requests that are too long: both are named, and the leak first.</summary>
    [Fact]
    public void Two_causes_at_a_time() => Sample(static random =>
    {
        using CauseLab lab = Lab(random, out _, 512);
        for (int i = 0; lab.Map(true, 1024) is not null; i++)
        {
            lab.Traffic(1 + random.Next(3));
            lab.Wait(random.Next(1000, 5000));
            if (i % 50 == 10)
                Assert.Null(lab.Map(false, 300_000));
        }

        Assert.Equal(["pool-leak", "request-over-limit"], Findings(lab, lab.Facts).Where(static f => f.IsWrong).Select(static f => f.Id));
    });

    /// <summary>What holds the slots was mapped before the recording: nothing but that is said.</summary>
    [Fact]
    public void Slots_held_since_before_the_recording() => Sample(static random =>
    {
        using CauseLab lab = Lab(random, out _);
        var ring = new List<DmaAddress>();
        while (lab.Map(false, 2048) is { } address)
            ring.Add(address);
        int start = lab.Text.Length;
        for (int i = random.Next(10); i >= 0; i--)
            Assert.Null(lab.Map(true, 1500));
        ring.ForEach(address => lab.Unmap(false, address, 2048));
        Assert.Null(lab.Map(true, 262_145));
        string text = lab.Text[start..];
        TraceFinding[] wrong = [.. TraceFindings.Find(Analyses.OfText(text, lab.Facts)).Where(static f => f.IsWrong)];
        Assert.Contains(wrong, static f => f is { Id: "map-failed", Confidence: Confidence.Likely } && f.Title.Contains("does not show who held", StringComparison.Ordinal));
        Assert.DoesNotContain(wrong, static f => f.Id is not ("map-failed" or "request-over-limit"));
    });

    /// <summary>Where pools are made on demand nothing fails for want of slots, and nobody says so, with whatever is known of the machine.</summary>
    [Fact]
    public void Pools_that_grow() => Sample(static random =>
    {
        using var lab = new CauseLab(random, 512, 1, "512", dynamic: true);
        var live = new List<(DmaAddress Address, ulong Size)>();
        for (int i = random.Next(400, 1500); i > 0; i--)
        {
            ulong size = (ulong)random.Next(1, 4000);
            if (lab.Map(true, size) is { } address)
                live.Add((address, size));
            if (random.Next(50) == 0)
                lab.Grow();
        }

        lab.Wait(random.Next(100_000));
        live.ForEach(m => lab.Unmap(true, m.Address, m.Size));
        bool tooLong = random.Next(2) == 0;
        if (tooLong)
            Assert.Null(lab.Map(true, 262_145));
        string[] expected = tooLong ? ["request-over-limit"] : [];
        foreach (MachineFacts? facts in new[] { lab.Facts, lab.FactsWithoutMessages, null })
            Assert.Equal(expected, TraceFindings.Find(Analyses.OfText(lab.Text, facts)).Where(static f => f.IsWrong).Select(static f => f.Id));
    });

    /// <summary>With less to go by, less is certain: no other cause is ever said to be, only that something failed, or that there is a leak.</summary>
    private static void AssertHonest(CauseLab lab, string id)
    {
        string text = lab.Text;
        string[] lines = text.TrimEnd('\n').Split('\n');
        int from = lab.Random.Next(lines.Length), to = lab.Random.Next(from, lines.Length);
        string lost = string.Join('\n', [.. lines[..from], $"CPU:0 [LOST {to - from + 1} EVENTS]", .. lines[to..]]) + "\n", late = string.Join('\n', lines[from..]) + "\n";
        foreach ((string what, string recording, MachineFacts? facts) in new (string, string, MachineFacts?)[]
            { ("bare", text, null), ("no messages", text, lab.FactsWithoutMessages), ("lost", lost, lab.Facts), ("late", late, lab.FactsOfLateStart), ("lost and bare", lost, null), ("late and bare", late, null) })
        {
            foreach (TraceFinding finding in TraceFindings.Find(Analyses.OfText(recording, facts)).Where(f => f is { IsWrong: true, Confidence: Confidence.Certain } && f.Id != id && f.Id != "map-failed" && !(id == "pool-leak" && f.Id == "leak")))
                Assert.Fail($"{what}: {finding.Id} {finding.Title}\n{string.Join('\n', finding.Why)}\n{recording}");
        }
    }

    private static void Sample(Action<Random> scenario) => Gen.Int[0, 1 << 30].Sample(seed => scenario(new Random(seed)), iter: s_iterations, threads: 1);

    private static CauseLab Lab(Random random, out string parameter, int? slots = null, int? areas = null, uint minAlign = 0, ulong mask = uint.MaxValue)
    {
        int size = slots ?? 512 << random.Next(3), parts = areas ?? 1 << random.Next(3);
        parameter = $"{size},{parts}";
        return new CauseLab(random, size, parts, parameter, mask, minAlign);
    }

    private static IReadOnlyList<TraceFinding> Findings(CauseLab lab, MachineFacts? facts)
    {
        string text = lab.Text;
        return TraceFindings.Find(Analyses.OfText(text, facts), new Trials(facts, text));
    }

    private static TraceFinding First(CauseLab lab, string id, Confidence confidence)
    {
        IReadOnlyList<TraceFinding> findings = Findings(lab, lab.Facts);
        Assert.Equal((id, confidence), (findings[0].Id, findings[0].Confidence));
        Assert.All(findings.Where(f => f.IsWrong && f.Id != id), static f => Assert.Fail($"also {f.Id} {f.Confidence}: {f.Title}\n{string.Join('\n', f.Why)}\n{string.Join('\n', f.Evidence)}"));
        AssertHonest(lab, id);
        return findings[0];
    }

    /// <summary>The first finding without facts; and that it says where the facts are to be found.</summary>
    private static TraceFinding FirstBare(CauseLab lab)
    {
        IReadOnlyList<TraceFinding> findings = TraceFindings.Find(Analyses.OfText(lab.Text));
        Assert.Contains(findings, static f => f.Id == "no-facts");
        return findings[0];
    }

    private sealed class Trials(MachineFacts? facts, string text) : ICureTrials
    {
        private readonly RecordedLoad _load = RecordedLoad.Open("random", facts, () => Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(text))));

        public ReplayOutcome? Baseline { get; private set; }

        public bool TriesCosts => false;

        public IReadOnlyList<ReplayOutcome> Run(IReadOnlyList<ReplayConfiguration> configurations)
        {
            Baseline ??= ReplayRun.Run(_load, [ReplayConfiguration.AsRecorded])[0];
            return ReplayRun.Run(_load, configurations);
        }

        public SizeResult? Sizes() => null;
    }
}
