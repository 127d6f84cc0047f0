using Handoff.Tracing.Findings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>
/// Recordings of a driver with a realistic load on many devices: on each of them one mistake, or one unusual habit that is right. Each mistake comes out for its
/// device and as what it was; nobody else is accused.
/// </summary>
public sealed class DriverMistakesTests
{
    private static readonly string[] Wrong =
    [
        "0000:00:08.1 DMA0005 Certain 6", // unmap of half the size
        "0000:00:08.2 DMA0006 Certain 6", // FROM_DEVICE unmapped TO_DEVICE
        "0000:00:08.3 DMA0002 Certain 6", // unmapped twice
        "0000:00:08.4 DMA0007 Likely 6", // a page unmapped as a list
        "0000:00:08.5 DMA0010 Likely 6", // three entries of six
        "0000:00:08.6 DMA0022 Certain 6", // synced TO_DEVICE
        "0000:00:08.7 DMA0026 Certain 6", // synced after the unmap
        "0000:00:09.0 DMA0051 Likely 6", // SKIP_CPU_SYNC at the unmap alone
        "0000:00:09.1 DMA0040 Likely 6", // the same page twice
        "0000:00:09.3 DMA0009 Likely 6", // mappings of 09.2 unmapped for 09.3
        "0000:00:09.5 DMA0005 Certain 6", // coherent memory freed with half the size
    ];

    private static string Drivers(string name) => Path.Combine(RecordingFiles.Shipped, "drivers", name);

    [Fact]
    public void Every_mistake_is_found_and_nobody_else_is_accused()
    {
        TraceAnalysis analysis = Analyses.OfBundle(Drivers("wrong"));
        TraceFinding[] rules = [.. TraceFindings.Find(analysis).Where(static f => f is { Kind: TraceFindingKind.Ownership, Confidence: > Confidence.Possible })];
        string[] found =
        [
            .. analysis.Accusations.Where(static a => a.Rule.Id != "DMA0008")
                .Select(a => $"{a.Device} {a.Rule.Id} {rules.Single(f => f.Id == a.Rule.Id && f.Devices.Contains(a.Device)).Confidence} {a.Count}").Order(StringComparer.Ordinal),
        ];
        Assert.Equal(Wrong, found);

        // Sixty pages were freed without an unmap; of some the memory was mapped again before the end.
        TraceFinding forgotten = Assert.Single(TraceFindings.Find(analysis), static f => f.Kind is TraceFindingKind.Stranded or TraceFindingKind.Leak or TraceFindingKind.PoolLeak);
        Assert.Equal(("stranded", "0000:00:09.4", Confidence.Likely), (forgotten.Id, Assert.Single(forgotten.Devices), forgotten.Confidence));
        Assert.InRange(forgotten.Count, 40, 60);
    }

    [Fact]
    public void Unusual_habits_are_no_mistakes()
    {
        TraceAnalysis analysis = Analyses.OfBundle(Drivers("odd"));
        Assert.DoesNotContain(TraceFindings.Find(analysis), static f => f.IsWrong || f.Kind is TraceFindingKind.Leak or TraceFindingKind.PoolLeak or TraceFindingKind.Stranded);

        // Synced for the CPU, then unmapped with SKIP_CPU_SYNC: from 7.2 on the attributes must agree.
        Accusation accusation = Assert.Single(analysis.Accusations);
        Assert.Equal(("0000:00:09.6", "DMA0008", Confidence.Possible), (accusation.Device, accusation.Rule.Id, accusation.Confidence));
        Assert.Equal(0, analysis.Statistics.Devices.Sum(static d => d.UnknownReleases + d.FailedMaps));
    }

    [Theory]
    [InlineData("wrong")]
    [InlineData("odd")]
    public void Without_facts_nothing_is_certain_and_nobody_else_is_accused(string name)
    {
        TraceAnalysis analysis = Analyses.OfBare(Drivers(name));
        foreach (TraceFinding finding in TraceFindings.Find(analysis).Where(static f => f.Kind is TraceFindingKind.Ownership or TraceFindingKind.Stranded && f.IsWrong))
        {
            Assert.NotEqual(Confidence.Certain, finding.Confidence);
            Assert.All(finding.Devices, device => Assert.True(finding.Kind == TraceFindingKind.Stranded ? device == "0000:00:09.4" : Wrong.Any(w => w.StartsWith($"{device} {finding.Id} ", StringComparison.Ordinal)), $"{device} {finding.Title}"));
        }
    }
}
