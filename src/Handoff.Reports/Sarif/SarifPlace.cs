using Handoff.Litmus.Language;

namespace Handoff.Reports.Sarif;

/// <summary>A place in a file.</summary>
/// <param name="Path">The file as named on the command line.</param>
/// <param name="Source">Its text; <see langword="null"/> for a file without lines.</param>
/// <param name="Span">The characters, if there is a text.</param>
internal sealed record SarifPlace(string Path, SourceText? Source, SourceSpan Span)
{
    /// <summary>A reference to the file: relative paths stay relative, so that viewers find them below their own root.</summary>
    public string Uri
    {
        get
        {
            if (Path == "-")
                return "%3Cstdin%3E";
            string path = Path.StartsWith("./", StringComparison.Ordinal) ? Path[2..] : Path;
            string escaped = string.Join('/', path.Split('/').Select(System.Uri.EscapeDataString));
            return escaped.StartsWith('/') ? "file://" + escaped : escaped;
        }
    }
}
