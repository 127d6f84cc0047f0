using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Handoff.Cli.Tests;

/// <summary>The whole text of the report of every shipped recording, at 80 columns. HANDOFF_BLESS=1 writes it anew: look at the difference.</summary>
public sealed partial class ReportTextTests
{
    public static TheoryData<string> Recordings
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (string directory in Recorded())
                data.Add(directory);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void The_text_is_as_stored(string recording)
    {
        var run = Run.Of("report", Path.Combine(Here(), "..", "data", recording));
        Assert.Equal("", run.Error);
        string text = WithoutClock(run.Out), stored = Path.Combine(Here(), "Reports", recording + ".txt");
        Assert.All(run.Out.Split('\n'), static line => Assert.InRange(line.Length, 0, 80));
        if (Environment.GetEnvironmentVariable("HANDOFF_BLESS") is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(stored)!);
            File.WriteAllText(stored, text);
        }

        Assert.Equal(File.ReadAllText(stored), text);
    }

    /// <summary>No text is stored of what is no recording.</summary>
    [Fact]
    public void Every_stored_text_has_a_recording() => Assert.Equal(
        Recorded(),
        Directory.GetFiles(Path.Combine(Here(), "Reports"), "*.txt").Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal));

    /// <summary>Names of directories with a recording and what is known of its machine.</summary>
    private static IEnumerable<string> Recorded() => Directory.GetDirectories(Path.Combine(Here(), "..", "data"))
        .Where(static directory => File.Exists(Path.Combine(directory, "machine.txt")))
        .Select(static directory => Path.GetFileName(directory))
        .Order(StringComparer.Ordinal);

    private static string Here([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;

    /// <summary>The last paragraph says how long it took; where its lines end depends on that.</summary>
    private static string WithoutClock(string text)
    {
        int last = text.LastIndexOf("\n\n", StringComparison.Ordinal) + 2;
        string phrases = text[last..].TrimEnd().Replace("\n", " · ", StringComparison.Ordinal);
        return text[..last] + Clock().Replace(phrases, "$1 · TIME") + "\n";
    }

    [GeneratedRegex("^([0-9,]+ events) · [^·]*[0-9] ?(?:µs|ms|s|min)(?= ·|$)")]
    private static partial Regex Clock();
}
