namespace Handoff.Tracing.Bundles;

/// <summary>Directories that disappear when the program ends.</summary>
internal static class TemporaryDirectory
{
    private static readonly List<string> Made = [];

    /// <summary>Makes one that only its owner may look into.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal static string Make()
    {
        string directory = Directory.CreateTempSubdirectory("handoff-").FullName;
        lock (Made)
        {
            if (Made.Count == 0)
                AppDomain.CurrentDomain.ProcessExit += static (_, _) => Forget();
            Made.Add(directory);
        }

        return directory;
    }

    /// <summary>Removes one early.</summary>
    internal static void Remove(string directory)
    {
        lock (Made)
        {
            Made.Remove(directory);
            Delete(directory);
        }
    }

    private static void Forget()
    {
        lock (Made)
            Made.ForEach(Delete);
    }

    private static void Delete(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else has cleaned up, or has to.
        }
    }
}
