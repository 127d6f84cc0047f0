using Handoff.Conformance.Input;

namespace Handoff.Conformance.Streams;

/// <summary><c>conform streams FILE</c>.</summary>
internal static class StreamsCommand
{
    public static int Run(ReadOnlySpan<string> arguments, Stream output, TextWriter error)
    {
        if (arguments.Length != 1 || (arguments[0].Length > 1 && arguments[0][0] == '-'))
        {
            error.WriteLine("conform streams: give one file, or - for standard input");
            error.WriteLine("usage: conform streams FILE");
            return ExitCodes.Usage;
        }

        string path = arguments[0];
        try
        {
            using Stream input = InputFile.Open(path);
            try
            {
                StreamAnswerer.Answer(input, output);
            }
            catch (Exception e) when (e is InputException or IOException or InvalidDataException or ZstdSharp.ZstdException)
            {
                string name = path == "-" ? "standard input" : path;
                error.WriteLine($"conform: {name}: {e.Message}");
                return ExitCodes.BadInput;
            }

            return ExitCodes.Ok;
        }
        catch (InputException e)
        {
            error.WriteLine($"conform: {e.Message}");
            return ExitCodes.BadInput;
        }
    }
}
