using System.Globalization;
using System.Text;

namespace Handoff.Tracing.Recordings.Formats;

/// <summary>Reads the kernel's <c>format</c> files. Only the field lines count; the print format is never used.</summary>
internal static class FormatText
{
    private const int MaximumFields = 512;

    /// <summary>Understands one format text, or returns null when it has no name or number.</summary>
    internal static EventFormat? Parse(ReadOnlySpan<byte> text)
    {
        string? name = null;
        var id = -1;
        var fields = new List<FormatField>();
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range].Trim(" \t\r"u8);
            if (line.StartsWith("name:"u8))
                name = Encoding.UTF8.GetString(line[5..].Trim((byte)' '));
            else if (line.StartsWith("ID:"u8))
                id = Number(line[3..]);
            else if (line.StartsWith("field:"u8) && fields.Count < MaximumFields && TryField(line, out var field))
                fields.Add(field);
            else if (line.StartsWith("print fmt:"u8))
                break;
        }

        return name is null || id is < 0 or > ushort.MaxValue ? null : new EventFormat(name, id, fields);
    }

    /// <summary>The fields of a text without name and number, such as <c>header_page</c>.</summary>
    internal static List<FormatField> Fields(ReadOnlySpan<byte> text)
    {
        var fields = new List<FormatField>();
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range].Trim(" \t\r"u8);
            if (line.StartsWith("field:"u8) && fields.Count < MaximumFields && TryField(line, out var field))
                fields.Add(field);
        }

        return fields;
    }

    private static bool TryField(ReadOnlySpan<byte> line, out FormatField field)
    {
        field = default;
        var parts = Encoding.UTF8.GetString(line).Split(';');
        var declaration = parts[0]["field:".Length..].Trim();
        int offset = -1, size = -1;
        var signed = false;
        foreach (var part in parts.AsSpan(1))
        {
            var p = part.Trim();
            if (p.StartsWith("offset:", StringComparison.Ordinal))
                offset = Number(p.AsSpan(7));
            else if (p.StartsWith("size:", StringComparison.Ordinal))
                size = Number(p.AsSpan(5));
            else if (p.StartsWith("signed:", StringComparison.Ordinal))
                signed = p.EndsWith('1');
        }

        if (offset is < 0 or > ushort.MaxValue || size is < 0 or > 1 << 20)
            return false;

        var bracket = declaration.EndsWith(']') ? declaration.LastIndexOf('[') : -1;
        var isArray = bracket > 0 && !declaration.EndsWith("[]__", StringComparison.Ordinal);
        var withoutSuffix = isArray ? declaration[..bracket].TrimEnd() : declaration;
        var start = withoutSuffix.Length;
        while (start > 0 && (char.IsAsciiLetterOrDigit(withoutSuffix[start - 1]) || withoutSuffix[start - 1] == '_'))
            start--;
        if (start == withoutSuffix.Length)
            return false;
        var name = withoutSuffix[start..];
        var type = withoutSuffix[..start].Trim();
        var kind = type.StartsWith("__data_loc", StringComparison.Ordinal) ? FieldKind.DataLocator
            : type.StartsWith("__rel_loc", StringComparison.Ordinal) ? FieldKind.RelativeLocator
            : isArray ? FieldKind.Inline
            : FieldKind.Scalar;
        if (kind is FieldKind.DataLocator or FieldKind.RelativeLocator)
            type = type[(type.IndexOf(' ', StringComparison.Ordinal) is var blank and > 0 ? blank : type.Length)..].Replace("[]", "", StringComparison.Ordinal).Trim();
        if (kind == FieldKind.Scalar && size is not (1 or 2 or 4 or 8))
            kind = FieldKind.Inline;
        field = new FormatField(name, type, offset, size, signed, kind);
        return true;
    }

    private static int Number(ReadOnlySpan<byte> text) =>
        int.TryParse(text.Trim((byte)' '), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : -1;

    private static int Number(ReadOnlySpan<char> text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : -1;
}
