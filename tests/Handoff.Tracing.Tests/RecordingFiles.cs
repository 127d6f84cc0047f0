namespace Handoff.Tracing.Tests;

/// <summary>The recordings the tests run over: the shipped ones and those under HANDOFF_RECORDINGS.</summary>
internal static class RecordingFiles
{
    internal static string Shipped => Path.Combine(AppContext.BaseDirectory, "Recordings");

    internal static IEnumerable<string> Roots
    {
        get
        {
            yield return Shipped;
            if (Environment.GetEnvironmentVariable("HANDOFF_RECORDINGS") is { Length: > 0 } more)
                yield return more;
        }
    }

    public static TheoryData<string> Directories(string first, string second)
    {
        var data = new TheoryData<string>();
        foreach (var directory in Roots.SelectMany(Directory.GetDirectories).Order(StringComparer.Ordinal))
        {
            if (File.Exists(Path.Combine(directory, first)) && File.Exists(Path.Combine(directory, second)))
                data.Add(directory);
        }

        return data;
    }
}
