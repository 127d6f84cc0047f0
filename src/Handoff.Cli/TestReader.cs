using System.Text;
using Handoff.Cli.Terminal;
using Handoff.Litmus.Language;
using Handoff.Reports.Check;

namespace Handoff.Cli;

/// <summary>Reads tests, and says what is wrong with those that cannot be used.</summary>
internal static class TestReader
{
    private const int LongestFile = 4 << 20; // bytes; the language takes 1 Mi characters, of at most 4 bytes each
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads one test; writes its diagnostics to the session's error stream.</summary>
    /// <returns>The test, or <see langword="null"/> if it cannot be used.</returns>
    private static ParseResult? Read(LitmusFile file, Session session, List<UnusableTest> unusable)
    {
        string text;
        try
        {
            text = ReadText(file, session);
        }
        catch (UserErrorException problem) when (problem.Code == ExitCode.BadInput)
        {
            session.ErrorInk.Write("handoff: ", Reports.Text.Tone.Bad).WriteLine(problem.Message);
            unusable.Add(new UnusableTest(file.Name, file.Location, problem.Message, null));
            return null;
        }

        var result = LitmusParser.Parse(text, LitmusFile.Printable(file.Location));
        if (result.Diagnostics.Length > 0)
            session.Error.Write(DiagnosticWriter.Format(result));
        if (result.Success)
            return result;
        unusable.Add(new UnusableTest(file.Name, file.Location, "", result));
        return null;
    }

    /// <summary>Reads several tests.</summary>
    /// <returns>Whether all of them can be used.</returns>
    public static bool ReadAll(IReadOnlyList<LitmusFile> files, Session session, out List<(LitmusFile File, ParseResult Parsed)> tests) =>
        ReadAll(files, session, out tests, out _);

    /// <summary>Reads several tests, and collects those that cannot be used too.</summary>
    /// <returns>Whether all of them can be used.</returns>
    public static bool ReadAll(
        IReadOnlyList<LitmusFile> files, Session session, out List<(LitmusFile File, ParseResult Parsed)> tests, out List<UnusableTest> unusable)
    {
        tests = [];
        unusable = [];
        foreach (var file in files)
        {
            if (Read(file, session, unusable) is { } parsed)
                tests.Add((file, parsed));
        }

        return tests.Count == files.Count;
    }

    private static string ReadText(LitmusFile file, Session session)
    {
        string path = LitmusFile.Printable(file.Location);
        byte[] bytes;
        try
        {
            using var stream = Open(file, session);
            bytes = ReadAll(stream) ?? throw new UserErrorException(ExitCode.BadInput, $"{path}: too long for a litmus test (over {LongestFile >> 20} MiB)");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.BadInput, $"{path}: cannot be read: {problem.Message}");
        }

        if (bytes.AsSpan().Contains((byte)0))
            throw new UserErrorException(ExitCode.BadInput, $"{path}: is no text: byte {bytes.AsSpan().IndexOf((byte)0)} is zero");
        try
        {
            return Strict.GetString(bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes);
        }
        catch (DecoderFallbackException problem)
        {
            throw new UserErrorException(ExitCode.BadInput, $"{path}: is no UTF-8 text: wrong at byte {problem.Index}");
        }
    }

    private static Stream Open(LitmusFile file, Session session)
    {
        if (file.Location == "-")
            return session.OpenInput();
        return File.OpenRead(file.Location);
    }

    private static byte[]? ReadAll(Stream stream)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            all.Write(buffer, 0, read);
            if (all.Length > LongestFile)
                return null;
        }

        return all.ToArray();
    }
}
