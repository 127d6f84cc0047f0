namespace Handoff.Cli;

/// <summary>A test to read.</summary>
/// <param name="Name">Its name in reports: the path below what was named on the command line, without the extension.</param>
/// <param name="Location">The file, or <c>-</c> for standard input.</param>
internal readonly record struct LitmusFile(string Name, string Location)
{
    private const string Extension = ".litmus";
    private const string StandardInput = "-";

    /// <summary>The tests that paths stand for: files as they are, directories with everything below, in the order of names.</summary>
    /// <exception cref="UserErrorException">A path does not exist or leads to no test.</exception>
    public static List<LitmusFile> Find(IEnumerable<string> paths)
    {
        var files = new List<LitmusFile>();
        foreach (string path in paths)
        {
            if (path == StandardInput)
                files.Add(new LitmusFile("<stdin>", StandardInput));
            else if (Directory.Exists(path))
                files.AddRange(Below(path));
            else if (File.Exists(path))
                files.Add(new LitmusFile(NameOf(path), path));
            else
                throw new UserErrorException(ExitCode.BadInput, $"{Printable(path)}: no such file or directory", Suggest(path));
        }

        // The same file under several paths is one test; different files of one name show their paths.
        var distinct = files.DistinctBy(file => file.Location == StandardInput ? file.Location : Path.GetFullPath(file.Location)).ToList();
        var doubles = distinct.GroupBy(file => file.Name).Where(group => group.Count() > 1).Select(group => group.Key).ToHashSet();
        return [.. distinct.Select(file => doubles.Contains(file.Name) ? file with { Name = WithoutExtension(file.Location) } : file)];
    }

    /// <summary>A path or name without anything that moves a terminal's cursor.</summary>
    public static string Printable(string text) => Reports.Text.Printable.Of(text);

    private static IEnumerable<LitmusFile> Below(string directory)
    {
        string[] found;
        try
        {
            found = Directory.GetFiles(directory, "*" + Extension, SearchOption.AllDirectories);
        }
        catch (Exception problem) when (problem is UnauthorizedAccessException or IOException)
        {
            throw new UserErrorException(ExitCode.BadInput, $"{Printable(directory)}: {problem.Message}");
        }

        if (found.Length == 0)
            throw new UserErrorException(ExitCode.BadInput, $"{Printable(directory)}: no {Extension} file in this directory or below");
        Array.Sort(found, StringComparer.Ordinal);
        return found.Select(path => new LitmusFile(WithoutExtension(Path.GetRelativePath(directory, path)), path));
    }

    private static string NameOf(string path) => WithoutExtension(Path.GetFileName(path));

    private static string WithoutExtension(string path) =>
        Printable(path.EndsWith(Extension, StringComparison.Ordinal) ? path[..^Extension.Length] : path);

    /// <summary>A hint at a file of a similar name, or <see langword="null"/>.</summary>
    public static string? Suggest(string path)
    {
        string directory = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
        if (!Directory.Exists(directory))
            return null;
        try
        {
            string? nearest = NearestWord.Find(Path.GetFileName(path), Directory.EnumerateFileSystemEntries(directory).Select(entry => Path.GetFileName(entry)));
            return nearest is null ? null : $"did you mean '{Printable(directory == "." ? nearest : Path.Combine(directory, nearest))}'?";
        }
        catch (Exception problem) when (problem is UnauthorizedAccessException or IOException)
        {
            return null;
        }
    }
}
