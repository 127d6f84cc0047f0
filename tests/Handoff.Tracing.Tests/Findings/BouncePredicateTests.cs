using CsCheck;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>Random devices with known reasons to bounce: every bounce is put down to one that holds, or, where nothing in the recording decides, to none.</summary>
public sealed class BouncePredicateTests
{
    private static readonly long s_iterations = long.TryParse(Environment.GetEnvironmentVariable("HANDOFF_RANDOM_TRAFFIC"), out long more) ? more : 60;

    [Fact]
    public void With_facts_each_bounce_has_its_reason() => Gen.Int[0, 1 << 30].Sample(
        static seed =>
        {
            using var lab = new BounceLab(new Random(seed));
            TraceAnalysis analysis = Analyses.OfText(lab.Text, lab.Facts);
            foreach (BounceLab.LabDevice device in lab.Devices)
            {
                AssertReasons(lab, analysis, device, static _ => true);
                Assert.Equal(0, Statistics(analysis, device)?.Bounces(BouncePredicate.Unknown) ?? 0);
            }
        },
        iter: s_iterations,
        threads: 1);

    [Fact]
    public void Without_facts_no_reason_is_wrong() => Gen.Int[0, 1 << 30].Sample(
        static seed =>
        {
            using var lab = new BounceLab(new Random(seed));
            TraceAnalysis analysis = Analyses.OfText(lab.Text);
            foreach (BounceLab.LabDevice device in lab.Devices)
            {
                // That an IOMMU translates is not recorded; what it makes look like a mask is then not said to be certain.
                if (!device.Translated)
                    AssertReasons(lab, analysis, device, static _ => true);
            }

            foreach (TraceFinding finding in TraceFindings.Find(analysis).Where(static f => f is { Kind: TraceFindingKind.Bounces, Confidence: Confidence.Certain }))
            {
                BouncePredicate predicate = Enum.GetValues<BouncePredicate>().Single(p => finding.Id == "bounces-" + p.Word());
                foreach (BounceLab.LabDevice device in lab.Devices.Where(d => finding.Devices.Contains(d.Name)))
                    AssertReasons(lab, analysis, device, p => p == predicate);
            }
        },
        iter: s_iterations,
        threads: 1);

    private static DeviceStatistics? Statistics(TraceAnalysis analysis, BounceLab.LabDevice device) => analysis.Statistics.Devices.FirstOrDefault(d => d.Name == device.Name);

    /// <summary>No more bounces are put down to a reason than it holds for.</summary>
    private static void AssertReasons(BounceLab lab, TraceAnalysis analysis, BounceLab.LabDevice device, Func<BouncePredicate, bool> asked)
    {
        if (Statistics(analysis, device) is not { } statistics)
        {
            Assert.Empty(device.Bounces);
            return;
        }

        Assert.Equal(device.Bounces.Count, statistics.Bounced);
        foreach (BouncePredicate predicate in Enum.GetValues<BouncePredicate>().Where(p => p != BouncePredicate.Unknown && asked(p)))
        {
            // Without facts, all that is forced looks alike, and the finding names all that it may be.
            bool Holds(HashSet<BouncePredicate> why) => why.Contains(predicate) || (predicate == BouncePredicate.Forced && analysis.Facts is null && why.Contains(BouncePredicate.RestrictedPool));
            long holds = device.Bounces.LongCount(Holds), alone = device.Bounces.LongCount(why => why.Count == 1 && Holds(why));
            long found = statistics.Bounces(predicate);
            long most = holds, least = analysis.Facts is null ? 0 : alone;
            Assert.True(
                found >= least && found <= most,
                $"{device.Name}: {found} {predicate}, of {least} to {most}; mask {device.Mask:x} window {device.WindowSize:x}-{device.WindowOffset:x} {(device.Coherent ? "coherent" : "")} {(device.Translated ? "iommu" : "")} {(device.Untrusted ? "untrusted" : "")} {(device.Restricted ? "restricted" : "")}\n{string.Join('\n', lab.Text.Split('\n').Where(l => l.Contains(device.Name, StringComparison.Ordinal)))}");
        }
    }
}
