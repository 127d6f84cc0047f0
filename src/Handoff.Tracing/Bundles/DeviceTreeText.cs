using System.Globalization;
using System.Text;

namespace Handoff.Tracing.Bundles;

/// <summary>Reads device-tree source text as dtc writes it: nodes, and properties made of cells.</summary>
internal static class DeviceTreeText
{
    private const int MostNodes = 1 << 16, MostDepth = 64; // boards have some thousand nodes, in a dozen levels
    private const int MostCells = 1 << 14; // of one property
    private const int MostProperties = 1 << 18; // boards have some ten thousand

    /// <summary>Reads it; <see langword="null"/> if there is no root node.</summary>
    public static DeviceTreeNode? Parse(TextReader text)
    {
        DeviceTreeNode? root = null, node = null;
        var pending = new StringBuilder();
        int nodes = 0, depth = 0, skipped = 0, properties = 0;
        while (text.ReadLine() is { } read)
        {
            string line = read.Trim();
            if (line.Length == 0)
                continue;
            bool goesOn = line[^1] is not ('{' or ';') && (pending.Length > 0 || line[0] != '}');
            if (goesOn && (node is null || pending.Length + line.Length > FactText.LongestLine))
                continue; // of a value without end, the beginning is enough
            if (goesOn)
            {
                pending.Append(line).Append(' ');
                continue;
            }

            if (pending.Length > 0)
            {
                line = pending.Append(line).ToString();
                pending.Clear();
            }

            if (line.EndsWith('{'))
            {
                if (skipped > 0 || nodes == MostNodes || depth == MostDepth)
                {
                    skipped++; // and all that is in it
                    continue;
                }

                nodes++;
                depth++;
                string name = line[..^1].Trim();
                int label = name.LastIndexOf(':');
                if (label >= 0)
                    name = name[(label + 1)..].Trim();
                if (name == "/")
                    node = root = new DeviceTreeNode("", null);
                else if (node is not null)
                    node = new DeviceTreeNode(name, node);
            }
            else if (line.StartsWith('}'))
            {
                if (skipped > 0)
                {
                    skipped--;
                    continue;
                }

                depth = Math.Max(0, depth - 1);
                node = node?.Parent;
            }
            else if (skipped == 0 && properties++ < MostProperties)
            {
                AddProperty(node, line[..^1]);
            }
        }

        return root;
    }

    private static void AddProperty(DeviceTreeNode? node, string line)
    {
        int equals = line.IndexOf('=');
        if (equals < 0)
        {
            node?.Set(line.Trim(), []);
            return;
        }

        var cells = new List<uint>();
        string value = line[(equals + 1)..];
        if (!value.Contains('"'))
        {
            foreach (string word in value.Split([' ', '<', '>', ',', '\t'], StringSplitOptions.RemoveEmptyEntries))
            {
                bool hex = word.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
                if (cells.Count == MostCells)
                    break;
                if (uint.TryParse(hex ? word[2..] : word, hex ? NumberStyles.HexNumber : NumberStyles.None, CultureInfo.InvariantCulture, out uint cell))
                    cells.Add(cell);
            }
        }

        node?.Set(line[..equals].Trim(), cells);
    }
}
