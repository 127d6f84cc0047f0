using Handoff.Cli.Verbs;

namespace Handoff.Cli;

/// <summary>What somebody who has just typed the program's name could do next.</summary>
internal static class NextSteps
{
    private static readonly string[] Recordings = ["trace.dat", "perf.data", "trace.txt", "trace.dat.zst", "trace.txt.zst", "trace.dat.gz"];

    /// <summary>What the program is for, in the order in which one gets to know it.</summary>
    public static IReadOnlyList<Example> General { get; } =
    [
        new("check TEST.litmus", "stale, lost, leaked? in any behaviour of any machine"),
        new("explain TEST.litmus", "the shortest story that ends there"),
        new("report TRACE", "what is wrong in a recording, why, and what helps"),
        new("size TRACE", "which swiotlb= would have been enough?"),
        new("kernels linux-6.4 linux-6.12", "what changed between two kernels"),
    ];

    /// <summary>Uses of tests and recordings in the current directory; none if there are none.</summary>
    public static IReadOnlyList<Example> Here()
    {
        var steps = new List<Example>();
        try
        {
            string[] tests = [.. Directory.EnumerateFiles(".", "*.litmus").Take(2)];
            if (tests.Length > 1)
                steps.Add(new("check .", "every litmus test here"));
            else if (tests.Length == 1 && Plain(Path.GetFileName(tests[0])))
                steps.Add(new($"check {Path.GetFileName(tests[0])}", "the litmus test here"));
            else if (Directory.Exists("litmus"))
                steps.Add(new("check litmus", "every litmus test in this directory"));
            if (Recordings.FirstOrDefault(File.Exists) is { } recording)
                steps.Add(new($"report {recording}", "the recording here"));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // A directory that cannot be looked into has nothing to suggest.
        }

        return steps;
    }

    // A name that can be typed as it stands.
    private static bool Plain(string name) => name.All(static sign => char.IsAsciiLetterOrDigit(sign) || sign is '.' or '_' or '-') && name[0] != '-';
}
