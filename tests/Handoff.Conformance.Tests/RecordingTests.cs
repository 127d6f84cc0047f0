using Handoff.Conformance.Recordings;
using Handoff.Conformance.Recordings.Verdicts;

namespace Handoff.Conformance.Tests;

/// <summary>Nothing recorded may differ from what the engine says.</summary>
public sealed class RecordingTests
{
    public static TheoryData<string> Directories => RecordedDirectories.All();

    [Theory]
    [MemberData(nameof(Directories))]
    public void NothingIsWrong(string directory)
    {
        RecordingVerdict verdict = RecordingJudge.Judge(directory, 5);
        Assert.Empty(verdict.Problems);
        Assert.True(verdict.Cases > 0);
        Assert.True(verdict.Wrong == 0, string.Join("\n", verdict.Differences));
    }
}
