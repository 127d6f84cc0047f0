using System.Globalization;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>The format strings of <c>trace_printk</c> calls, by address.</summary>
internal sealed class PrintkFormats
{
    private const int Maximum = 1 << 18;

    private readonly Dictionary<ulong, byte[]> _formats = [];

    /// <summary>The text as it is in the recording.</summary>
    internal byte[] Text { get; private set; } = [];

    /// <summary>Takes lines like <c>0xffffffff82345678 : "text %d\n"</c>.</summary>
    internal void Add(ReadOnlySpan<byte> text)
    {
        Text = text.ToArray();
        while (!text.IsEmpty && _formats.Count < Maximum)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            var colon = line.IndexOf(" : "u8);
            if (colon < 3 || !line.StartsWith("0x"u8))
                continue;
            if (!ulong.TryParse(line[2..colon], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var address))
                continue;
            var quoted = line[(colon + 3)..];
            var last = quoted.LastIndexOf((byte)'"');
            if (last <= 0 || quoted[0] != (byte)'"')
                continue;
            _formats[address] = Unescape(quoted[1..last]);
        }
    }

    internal byte[]? Find(ulong address) => _formats.GetValueOrDefault(address);

    private static byte[] Unescape(ReadOnlySpan<byte> text)
    {
        var result = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == (byte)'\\' && i + 1 < text.Length)
            {
                i++;
                result.Add(text[i] switch { (byte)'n' => (byte)'\n', (byte)'t' => (byte)'\t', var other => other });
            }
            else
            {
                result.Add(text[i]);
            }
        }

        return [.. result];
    }
}
