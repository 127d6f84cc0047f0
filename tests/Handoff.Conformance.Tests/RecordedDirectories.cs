namespace Handoff.Conformance.Tests;

/// <summary>The recordings that tests run over: the shipped ones, and all under HANDOFF_RECORDINGS.</summary>
internal static class RecordedDirectories
{
    public static string Shipped => Path.Combine(AppContext.BaseDirectory, "data");

    /// <summary>Directories with a <c>machine.txt</c>.</summary>
    public static TheoryData<string> All()
    {
        var data = new TheoryData<string>();
        foreach (string root in Roots())
        {
            foreach (string directory in Directory.GetDirectories(root).Order(StringComparer.Ordinal))
            {
                if (File.Exists(Path.Combine(directory, "machine.txt")))
                    data.Add(directory);
            }
        }

        return data;
    }

    private static IEnumerable<string> Roots()
    {
        yield return Shipped;
        if (Environment.GetEnvironmentVariable("HANDOFF_RECORDINGS") is { Length: > 0 } more)
            yield return more;
    }
}
