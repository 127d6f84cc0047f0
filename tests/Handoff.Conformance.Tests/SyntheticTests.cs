using Handoff.Conformance.Recordings;
using Handoff.Conformance.Recordings.Verdicts;

namespace Handoff.Conformance.Tests;

/// <summary>Whatever a kernel may legally do, and log, is not wrong: histories with overlapping calls on two CPUs.</summary>
public sealed class SyntheticTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("conform").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("4096", false, 60, false)]
    [InlineData("4096,1", false, 60, false)]
    [InlineData("2048,force", false, 50, false)]
    [InlineData("2048,1,force", false, 40, true)]
    [InlineData("8192,1,force", false, 30, false)]
    [InlineData("512", false, 60, true)]
    [InlineData("1024", true, 200, false)]
    public void ALegalHistoryIsNotWrong(string swiotlb, bool dynamic, int live, bool fails)
    {
        (long cases, long explained, long wrong, int failures, string first) = Judge(swiotlb, dynamic, live, crowded: false);
        Assert.True(wrong == 0, first);
        Assert.Equal(fails, failures > 0);
        Assert.True(explained * 50 < cases, $"{explained} of {cases}");
    }

    /// <summary>Where nearly all calls overlap and the pool is nearly full, the judge may give up looking for an order; rarely.</summary>
    [Theory]
    [InlineData("4096", false, 60)]
    [InlineData("4096,1", false, 60)]
    [InlineData("2048,force", false, 50)]
    [InlineData("2048,1,force", false, 50)]
    [InlineData("1024", true, 200)]
    [InlineData("1024,force", true, 200)]
    public void ACrowdIsHardlyEverWrong(string swiotlb, bool dynamic, int live)
    {
        (long cases, long explained, long wrong, _, string first) = Judge(swiotlb, dynamic, live, crowded: true);
        Assert.True(wrong * 1000 < cases, $"{wrong} of {cases}: {first}");
        Assert.True(explained * 20 < cases, $"{explained} of {cases}");
    }

    /// <summary>A clock that ticks a few times in the life of a mapping: events of a tick are told CPU by CPU. Nothing is wrong; one false address is.</summary>
    [Theory]
    [InlineData("4096", 4)]
    [InlineData("2048,force", 4)]
    [InlineData("4096", 40)]
    public void EventsOfOneTickAreInSomeOrder(string swiotlb, int microseconds)
    {
        long cases = 0, explained = 0;
        for (int seed = 0; seed < 3; seed++)
        {
            SyntheticRecording.Write(_directory, seed, swiotlb, false, 60, 1000, false);
            string path = Path.Combine(_directory, "trace.txt");
            string[] lines = InTicks(File.ReadAllLines(path), microseconds);
            File.WriteAllLines(path, lines);
            RecordingVerdict verdict = RecordingJudge.Judge(_directory, 1);
            Assert.True(verdict.Wrong == 0, $"seed {seed}: {(verdict.Differences.Count > 0 ? verdict.Differences[0] : null)}");
            cases += verdict.Cases;
            explained += verdict.Explained;

            int release = Array.FindLastIndex(lines, static l => l.Contains("dma_unmap_sg:", StringComparison.Ordinal));
            lines[release] = lines[release].Replace("phys_addrs={0x", "phys_addrs={0x9", StringComparison.Ordinal);
            File.WriteAllLines(path, lines);
            Assert.Equal(1, RecordingJudge.Judge(_directory, 1).Wrong);
        }

        Assert.InRange(explained, 1, cases / 2);
    }

    /// <summary>The lines as a kernel would print them whose clock stands still for a while: times cut, and sorted by time and CPU.</summary>
    private static string[] InTicks(string[] lines, int microseconds)
    {
        static (int Start, int End) Time(string line) => (line.IndexOf("] ", StringComparison.Ordinal) is > 0 and var cpu ? line.IndexOf("  ", cpu, StringComparison.Ordinal) : -1, line.IndexOf(": ", StringComparison.Ordinal));
        var ticked = lines.Where(static l => l.Contains("[00", StringComparison.Ordinal)).Select(line =>
        {
            (int start, int end) = Time(line);
            long time = (long)Math.Round(double.Parse(line[start..end], System.Globalization.CultureInfo.InvariantCulture) * 1_000_000);
            long tick = time / microseconds * microseconds;
            return (Tick: tick, Cpu: line[line.IndexOf("[00", StringComparison.Ordinal) + 3], Line: string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{line[..start]}  {tick / 1_000_000}.{tick % 1_000_000:d6}{line[end..]}"));
        });
        return [.. lines.Where(static l => l.StartsWith('#')), .. ticked.OrderBy(static l => l.Tick).ThenBy(static l => l.Cpu).Select(static l => l.Line)];
    }

    private (long Cases, long Explained, long Wrong, int Failures, string First) Judge(string swiotlb, bool dynamic, int live, bool crowded)
    {
        long cases = 0, explained = 0, wrong = 0;
        int failures = 0;
        string first = "";
        for (int seed = 0; seed < 12; seed++)
        {
            failures += SyntheticRecording.Write(_directory, seed, swiotlb, dynamic, live, 1500, crowded).Failures;
            RecordingVerdict verdict = RecordingJudge.Judge(_directory, 1);
            cases += verdict.Cases;
            explained += verdict.Explained;
            wrong += verdict.Wrong;
            if (first.Length == 0 && verdict.Wrong > 0)
                first = $"seed {seed}: {verdict.Differences[0]}";
        }

        return (cases, explained, wrong, failures, first);
    }
}
