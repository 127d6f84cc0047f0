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
